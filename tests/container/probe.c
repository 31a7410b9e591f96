/*
 * What the command became, and what the engine behind a socket answers -> lines that the tests read.
 *
 *   probe [SOCKET]        /proc/self/status as far as privileges go; then, with SOCKET, the engine's answers
 *   probe setcap FILE     FILE carries cap_net_bind_service+ep (images have no setcap)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

static int print_status(void) {
    static const char *const wanted[] = {"Uid:", "Gid:", "Groups:", "Cap", "NoNewPrivs:"};
    FILE *status = fopen("/proc/self/status", "r");
    if (!status) return perror("/proc/self/status"), 1;
    char line[65536];
    while (fgets(line, sizeof line, status))
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
            if (!strncmp(line, wanted[i], strlen(wanted[i]))) fputs(line, stdout);
    fclose(status);
    return 0;
}

/* One line: "name: status line: body"; HTTP/1.0, so that the answer ends where the connection does. */
static int ask(const char *path, const char *name, const char *target) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return fprintf(stderr, "%s: too long\n", path), 1;
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) {
        printf("%s: %s\n", name, strerror(errno));
        return 1;
    }
    dprintf(fd, "GET %s HTTP/1.0\r\nHost: docker\r\n\r\n", target);
    static char answer[1 << 20];
    size_t length = 0;
    for (ssize_t got; length < sizeof answer - 1; length += (size_t)got)
        if ((got = read(fd, answer + length, sizeof answer - 1 - length)) <= 0) break;
    answer[length] = 0;
    close(fd);
    char *body = strstr(answer, "\r\n\r\n");
    printf("%s: %.*s: %s\n", name, (int)strcspn(answer, "\r\n"), answer, body ? body + 4 : "");
    return 0;
}

/* struct vfs_ns_cap_data of linux/capability.h, revision 2: little endian on disk whatever the machine. */
static int setcap(const char *file) {
    unsigned char value[20] = {1, 0, 0, 2, 0, 4};
    if (setxattr(file, "security.capability", value, sizeof value, 0)) return perror(file), 1;
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "setcap")) return setcap(argv[2]);
    if (print_status()) return 1;
    if (argc < 2) return 0;
    /* all=1: while its command starts, a container is not always listed as running yet. */
    return ask(argv[1], "ping", "/_ping") || ask(argv[1], "containers", "/containers/json?all=1");
}
