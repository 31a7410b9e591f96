/* An engine's socket -> who we are and which containers it has. Static and alone in its image, as servers often are.
 *
 *   containers SOCKET               list the containers
 *   containers --stand-in SOCKET    be an engine with one made-up container, on a socket of root:988, mode 0660
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void check(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static int open_socket(const char *path, struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    address->sun_family = AF_UNIX;
    check(fd >= 0 && snprintf(address->sun_path, sizeof address->sun_path, "%s", path) < (int)sizeof address->sun_path, path);
    return fd;
}

static void print_identity(void)
{
    gid_t groups[256];
    int count = getgroups(256, groups);
    printf("uid=%u gid=%u groups=", (unsigned)getuid(), (unsigned)getgid());
    for (int i = 0; i < count; i++)
        printf("%s%u", i ? "," : "", (unsigned)groups[i]);
    printf("\n");
}

/* Prints the string after `key` and returns what follows; NULL at the end. Enough of JSON for this answer. */
static const char *print_after(const char *json, const char *key, const char *format)
{
    const char *start = json ? strstr(json, key) : NULL;
    if (!start)
        return NULL;
    start += strlen(key);
    size_t length = strcspn(start, "\"");
    char value[64];
    snprintf(value, sizeof value, "%.*s", (int)length, start);
    printf(format, value);
    return start + length;
}

static int list(const char *path)
{
    static char answer[1 << 22];
    static const char request[] = "GET /containers/json?all=1 HTTP/1.0\r\nHost: docker\r\n\r\n";
    struct sockaddr_un address = {0};
    size_t length = 0;
    print_identity();
    int fd = open_socket(path, &address);
    check(connect(fd, (struct sockaddr *)&address, sizeof address) == 0, path);
    check(write(fd, request, sizeof request - 1) == (ssize_t)sizeof request - 1, "write");
    for (ssize_t got; length < sizeof answer - 1 && (got = read(fd, answer + length, sizeof answer - 1 - length)) > 0;)
        length += (size_t)got;
    printf("%s answers: %.*s\n", path, (int)strcspn(answer, "\r\n"), answer);
    for (const char *rest = answer; (rest = print_after(rest, "\"Names\":[\"/", "  %-32s"));) {
        rest = print_after(rest, "\"Image\":\"", " %-32s");
        rest = print_after(rest, "\"Status\":\"", " %s");
        printf("\n");
    }
    return strstr(answer, " 200 ") ? 0 : 1;
}

static int stand_in(const char *path)
{
    static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
        "[{\"Names\":[\"/stand-in\"],\"Image\":\"none\",\"State\":\"running\",\"Status\":\"made up\"}]\n";
    char request[4096];
    struct sockaddr_un address = {0};
    int fd = open_socket(path, &address);
    check(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, path);
    check(chown(path, 0, 988) == 0 && chmod(path, 0660) == 0 && listen(fd, 8) == 0, path);
    for (int client; (client = accept(fd, NULL, NULL)) >= 0; close(client))
        check(read(client, request, sizeof request) >= 0 && write(client, answer, sizeof answer - 1) > 0, "answer");
    return 1;
}

int main(int argc, char **argv)
{
    if (argc == 2)
        return list(argv[1]);
    if (argc == 3 && strcmp(argv[1], "--stand-in") == 0)
        return stand_in(argv[2]);
    fprintf(stderr, "usage: containers [--stand-in] SOCKET\n");
    return 2;
}
