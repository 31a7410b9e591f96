/*
 * Starting states, one per line of standard input -> how charon-init ended in each of them.
 *
 *   states FOLDER     FOLDER/image is a root directory; FOLDER/with and FOLDER/without are empty
 *   states            what this process is, from the /proc that is open as descriptor 9, on one line
 *
 * A line: NAME UID GID GROUPS CAPABILITIES NO_NEW_PRIVS SECUREBITS NAMESPACE FILTER PROC [ARGUMENT]...
 * with GROUPS separated by commas (- for none), CAPABILITIES and SECUREBITS in hexadecimal, NO_NEW_PRIVS and PROC 0 or
 * 1. The answer, separated by tabs: NAME, the report of a process that starts so, the exit code of charon-init there
 * (128+N for signal N), its standard output, its standard error, and what was appended to /etc/group or, where it is
 * no longer the same up to there, `else`; with blanks for newlines.
 *
 * No shell and no helper program: every state is two processes, and thousands of them are seconds.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROC 9
#define NEXT_ARGUMENT 20

struct state {
	const char *name;
	uid_t uid;
	gid_t gid;
	size_t group_count;
	gid_t groups[16];
	unsigned long long capabilities;
	int no_new_privs;
	unsigned long securebits;
	const char *namespace, *filter;
	int proc;
	char *arguments[NEXT_ARGUMENT];
};

/* A user namespace: the ids of its first line, the same for its second, and the word in its setgroups. */
static const struct map {
	const char *name, *uids, *gids, *setgroups;
	unsigned shift;
} maps[] = {
	{ "deny", "0 0 65536", "0 0 65536", "deny", 0 },
	{ "shifted", "0 100000 65536", "0 100000 65536", "allow", 100000 },
	{ "few-uids", "0 0 1000", "0 0 65536", "allow", 0 },
	{ "few-gids", "0 0 65536", "0 0 1000", "allow", 0 },
	{ "one", NULL, NULL, "deny", 0 },
};

/* What a seccomp profile hides: a system call, or one option of it (-1: all), and with which errno. */
static const struct hidden {
	const char *name;
	int call, option, error;
} filters[] = {
	{ "openat2", SYS_openat2, -1, ENOSYS },
	{ "close_range", SYS_close_range, -1, ENOSYS },
	{ "no_new_privs", SYS_prctl, PR_SET_NO_NEW_PRIVS, EPERM },
	{ "bounding_drop", SYS_prctl, PR_CAPBSET_DROP, EPERM },
	{ "keepcaps", SYS_prctl, PR_SET_KEEPCAPS, EPERM },
	{ "ambient", SYS_prctl, PR_CAP_AMBIENT, EINVAL },
	{ "prctl", SYS_prctl, -1, ENOSYS },
};

static void check(long result, const char *what)
{
	if (result < 0)
		err(100, "%s", what);
}

/* The report. */

static int report(void)
{
	static const char *const wanted[] = { "Uid:", "Gid:", "Groups:", "NoNewPrivs:", "Cap" };
	static char text[1 << 20];
	int file = openat(PROC, "self/status", O_RDONLY);
	ssize_t got = read(file, text, sizeof text - 1);

	if (got < 0)
		return 100;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		for (size_t index = 0; index < sizeof wanted / sizeof *wanted; index++)
			if (!strncmp(line, wanted[index], strlen(wanted[index]))) {
				for (char *blank = line; (blank = strchr(blank, '\t'));)
					*blank = ' ';
				printf("%s;", line);
			}
	return 0;
}

/* A child becomes the state. */

static void capset_all(unsigned long long inheritable)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[2];

	check(syscall(SYS_capget, &header, sets), "capget");
	for (int word = 0; word < 2; word++) {
		sets[word].effective = sets[word].permitted;
		sets[word].inheritable = (unsigned)(inheritable >> 32 * word);
	}
	check(syscall(SYS_capset, &header, sets), "capset");
}

static void become_ids(const struct state *state, unsigned shift)
{
	gid_t groups[16];

	for (size_t index = 0; index < state->group_count; index++)
		groups[index] = state->groups[index] + shift;
	check(setgroups(state->group_count, groups), "setgroups");
	check(setresgid(state->gid + shift, state->gid + shift, state->gid + shift), "setresgid");
	check(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "keepcaps");
	check(setresuid(state->uid + shift, state->uid + shift, state->uid + shift), "setresuid");
	check(prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0), "keepcaps");
	capset_all(0);
}

static void become_capabilities(const struct state *state)
{
	/* What uid 0 gets from execve(2) is the bounding set; everybody else, and uid 0 under noroot, needs ambient ones. */
	int by_uid = geteuid() == 0 && !(state->securebits & SECBIT_NOROOT);
	unsigned long long ambient = by_uid ? 0 : state->capabilities;

	for (int number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++)
		if (!(state->capabilities >> number & 1))
			check(prctl(PR_CAPBSET_DROP, number, 0, 0, 0), "bounding set");
	capset_all(ambient);
	for (int number = 0; number < 64; number++)
		if (ambient >> number & 1)
			check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0), "ambient");
	if (state->no_new_privs)
		check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	check(prctl(PR_SET_SECUREBITS, state->securebits, 0, 0, 0), "securebits");
}

static void install(const struct hidden *hidden)
{
	/* Absent an option, the second comparison is one that always holds. */
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)hidden->call, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | (hidden->option < 0 ? BPF_JGE : BPF_JEQ) | BPF_K,
			 hidden->option < 0 ? 0 : (unsigned)hidden->option, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)hidden->error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof program / sizeof *program, program };

	check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter), "seccomp");
}

static void hide(const char *name)
{
	if (!strcmp(name, "none"))
		return;
	for (size_t index = 0; index < sizeof filters / sizeof *filters; index++)
		if (!strcmp(filters[index].name, name)) {
			install(&filters[index]);
			return;
		}
	errx(100, "no filter %s", name);
}

static const struct map *find_map(const char *name)
{
	if (!strcmp(name, "none"))
		return NULL;
	for (size_t index = 0; index < sizeof maps / sizeof *maps; index++)
		if (!strcmp(maps[index].name, name))
			return &maps[index];
	errx(100, "no namespace %s", name);
}

static void become(const struct state *state, const struct map *map, const int *inside, const int *mapped)
{
	char byte = 0;

	check(chdir(state->proc ? "with" : "without"), "chdir");
	become_ids(state, map ? map->shift : 0);
	if (map) {
		check(unshare(CLONE_NEWUSER), "unshare");
		check(write(inside[1], &byte, 1), "tell");
		if (read(mapped[0], &byte, 1) != 1)
			errx(100, "no map");
	}
	check(chroot("."), "chroot");
	become_capabilities(state);
	hide(state->filter);
}

/* The parent maps the ids and waits. */

static void put(pid_t child, const char *name, const char *text)
{
	char path[64];
	int file;

	snprintf(path, sizeof path, "/proc/%d/%s", child, name);
	file = open(path, O_WRONLY);
	check(file, path);
	check(write(file, text, strlen(text)), path);
	close(file);
}

static void map_ids(pid_t child, const struct state *state, const struct map *map)
{
	char uids[64], gids[64];

	snprintf(uids, sizeof uids, "%u %u 1", state->uid, state->uid);
	snprintf(gids, sizeof gids, "%u %u 1", state->gid, state->gid);
	put(child, "setgroups", map->setgroups);
	put(child, "uid_map", map->uids ? map->uids : uids);
	put(child, "gid_map", map->gids ? map->gids : gids);
}

static int run(const struct state *state, const char *program, char **arguments, int out, int error)
{
	const struct map *map = find_map(state->namespace);
	int inside[2], mapped[2], status;
	char *environment[] = { "PATH=/usr/bin:/bin", NULL };
	char byte = 0;
	pid_t child;

	check(pipe2(inside, O_CLOEXEC), "pipe");
	check(pipe2(mapped, O_CLOEXEC), "pipe");
	child = fork();
	check(child, "fork");
	if (child == 0) {
		close(inside[0]);
		close(mapped[1]);
		close(0);
		check(open("/dev/null", O_RDONLY), "/dev/null");
		check(dup2(out, 1), "dup2");
		check(dup2(error, 2), "dup2");
		become(state, map, inside, mapped);
		alarm(120);
		execve(program, arguments, environment);
		err(100, "%s", program);
	}
	close(inside[1]);
	close(mapped[0]);
	if (map && read(inside[0], &byte, 1) == 1) {
		map_ids(child, state, map);
		check(write(mapped[1], &byte, 1), "tell");
	}
	close(inside[0]);
	close(mapped[1]);
	check(waitpid(child, &status, 0), "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What came of it. */

static void say(const char *text, size_t length)
{
	for (size_t index = 0; index < length; index++)
		putchar(text[index] == '\t' || text[index] == '\n' ? ' ' : text[index]);
}

static void say_file(int file)
{
	static char text[1 << 16];
	ssize_t length = pread(file, text, sizeof text, 0);

	say(text, length < 0 ? 0 : (size_t)length);
	putchar('\t');
}

static char original[1 << 12];

static size_t read_group(char *text)
{
	int file = open("image/etc/group", O_RDONLY);
	ssize_t length = read(file, text, sizeof original);

	check(length, "image/etc/group");
	close(file);
	return (size_t)length;
}

static void say_group_file(size_t length)
{
	static char text[sizeof original];
	size_t now = read_group(text);
	int file;

	unlink("image/etc/.pwd.lock");
	if (now < length || memcmp(text, original, length))
		say("else", 4);
	else
		say(text + length, now - length);
	putchar('\n');
	file = open("image/etc/group", O_WRONLY | O_TRUNC);
	check(file, "image/etc/group");
	check(write(file, original, length), "image/etc/group");
	close(file);
}

static void try(const struct state *state, size_t length)
{
	static char *nobody[] = { "states", NULL };
	int start = memfd_create("start", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
	int start_error = memfd_create("start", MFD_CLOEXEC), error = memfd_create("error", MFD_CLOEXEC);
	int started = run(state, "/bin/states", nobody, start, start_error);
	int code = run(state, "/charon-init", (char **)state->arguments, out, error);

	printf("%s\t", state->name);
	say_file(started == 0 ? start : start_error);
	printf("%d\t", code);
	say_file(out);
	say_file(error);
	say_group_file(length);
	close(start);
	close(start_error);
	close(out);
	close(error);
}

static char *word(void)
{
	char *next = strtok(NULL, " \n");

	if (!next)
		errx(100, "short line");
	return next;
}

static struct state parse(char *line)
{
	struct state state = { .name = strtok(line, " ") };
	char *groups, *end;
	size_t count = 0;

	state.uid = (uid_t)strtoul(word(), NULL, 10);
	state.gid = (gid_t)strtoul(word(), NULL, 10);
	for (groups = word(); *groups != '-' && *groups && state.group_count < 16; groups = *end ? end + 1 : end)
		state.groups[state.group_count++] = (gid_t)strtoul(groups, &end, 10);
	state.capabilities = strtoull(word(), NULL, 16);
	state.no_new_privs = atoi(word());
	state.securebits = strtoul(word(), NULL, 16);
	state.namespace = word();
	state.filter = word();
	state.proc = atoi(word());
	state.arguments[count++] = "/charon-init";
	while (count < NEXT_ARGUMENT - 1 && (state.arguments[count] = strtok(NULL, " \n")))
		count++;
	return state;
}

static void bind_mount(const char *from, const char *to)
{
	check(mount(from, to, NULL, MS_BIND | MS_REC, NULL), to);
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0, length;
	int proc;

	if (argc == 1)
		return report();
	check(chdir(argv[1]), argv[1]);
	proc = open("/proc", O_PATH | O_DIRECTORY);
	check(proc, "/proc");
	check(dup2(proc, PROC), "dup2");
	close(proc);
	check(unshare(CLONE_NEWNS), "unshare");
	check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
	/* Where charon-init is dynamic it needs the libraries of this machine. */
	bind_mount("/usr/lib", "image/usr/lib");
	if (access("/usr/lib64", F_OK) == 0)
		bind_mount("/usr/lib64", "image/usr/lib64");
	bind_mount("image", "with");
	bind_mount("image", "without");
	bind_mount("/proc", "with/proc");
	length = read_group(original);
	while (getline(&line, &room, stdin) > 0) {
		struct state state = parse(line);

		try(&state, length);
	}
	return 0;
}
