/*
 * A hostile surrounding, then a program in it: what no shell can set up.
 *
 *   stage CONDITION PROGRAM [ARG]...
 *   stage count                        how many arguments and variables came, and their bytes
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void check(int result, const char *what)
{
	if (result < 0)
		err(100, "%s", what);
}

static void limit(int resource, rlim_t value)
{
	struct rlimit both = { value, value };

	check(setrlimit(resource, &both), "setrlimit");
}

/* The kernel takes a quarter of the stack for arguments and environment, and never more than 6 MiB. */
static void allow_long_strings(void)
{
	limit(RLIMIT_STACK, 64 << 20);
}

static char *filled(size_t length)
{
	char *text = malloc(length + 1);

	memset(text, 'x', length);
	memcpy(text, "A=", 2);
	text[length] = 0;
	return text;
}

static char **with(char **old, size_t more, size_t length)
{
	size_t count = 0;
	char **all, *one = filled(length);

	while (old[count])
		count++;
	all = malloc((count + more + 1) * sizeof *all);
	memcpy(all, old, count * sizeof *all);
	for (size_t index = 0; index < more; index++)
		all[count + index] = one;
	all[count + more] = NULL;
	return all;
}

static int count(int argc, char **argv)
{
	size_t variables = 0, bytes = 0;

	for (int index = 1; index < argc; index++)
		bytes += strlen(argv[index]) + 1;
	for (; environ[variables]; variables++)
		bytes += strlen(environ[variables]) + 1;
	printf("%d arguments, %zu variables, %zu bytes\n", argc, variables, bytes);
	return 0;
}

/* The limit is a user's, so somebody of that number has to be there already. */
static void crowd(uid_t uid)
{
	int ready[2];
	char byte = 0;
	pid_t child;

	check(pipe2(ready, O_CLOEXEC), "pipe");
	child = fork();
	check(child, "fork");
	if (child == 0) {
		check(setresuid(uid, uid, uid), "setresuid");
		check((int)write(ready[1], &byte, 1), "tell");
		close(0);
		close(1);
		close(2);
		sleep(20);
		_exit(0);
	}
	if (read(ready[0], &byte, 1) != 1)
		errx(100, "nobody there");
	close(ready[0]);
	close(ready[1]);
	limit(RLIMIT_NPROC, 0);
}

/* The child is PID 1, and its parent is in another namespace. */
static int as_pid_1(char **argv)
{
	int status;
	pid_t child;

	check(unshare(CLONE_NEWPID), "unshare");
	child = fork();
	check(child, "fork");
	if (child == 0) {
		execv(argv[0], argv);
		err(100, "%s", argv[0]);
	}
	check(waitpid(child, &status, 0), "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void lose_the_working_directory(void)
{
	check(mkdir("/tmp/gone", 0755), "mkdir");
	check(chdir("/tmp/gone"), "chdir");
	check(rmdir("/tmp/gone"), "rmdir");
}

static void to_a_closed_pipe(int number)
{
	int ends[2];

	check(pipe(ends), "pipe");
	check(dup2(ends[1], number), "dup2");
	close(ends[0]);
	close(ends[1]);
}

int main(int argc, char **argv)
{
	char *nothing[] = { NULL }, *program = argv[2], **arguments = argv + 2, **environment = environ;
	const char *condition = argv[1];

	if (!strcmp(condition, "count"))
		return count(argc, argv);
	allow_long_strings();
	if (!strcmp(condition, "2-MiB-environment"))
		environment = with(environ, 64, 32 << 10);
	else if (!strcmp(condition, "full-environment"))
		environment = with(environ, (6 << 20) / (64 << 10) - 1, (64 << 10) - 64);
	else if (!strcmp(condition, "100000-arguments"))
		arguments = with(arguments, 100000, 8);
	else if (!strcmp(condition, "no-argv"))
		arguments = nothing;
	else if (!strcmp(condition, "empty-name"))
		arguments[0] = "";
	else if (!strcmp(condition, "no-files"))
		limit(RLIMIT_NOFILE, 3);
	else if (!strcmp(condition, "one-file"))
		limit(RLIMIT_NOFILE, 4);
	else if (!strcmp(condition, "no-file-size"))
		limit(RLIMIT_FSIZE, 0);
	else if (!strcmp(condition, "no-processes"))
		crowd(1000);
	else if (!strcmp(condition, "no-working-directory"))
		lose_the_working_directory();
	else if (!strcmp(condition, "closed-stderr-pipe"))
		to_a_closed_pipe(2);
	else if (!strcmp(condition, "closed-stdout-pipe"))
		to_a_closed_pipe(1);
	else if (!strcmp(condition, "closed-stdin"))
		close(0);
	else if (!strcmp(condition, "closed-stdout"))
		close(1);
	else if (!strcmp(condition, "closed-stderr"))
		close(2);
	else if (!strcmp(condition, "pid-1"))
		return as_pid_1(arguments);
	else
		errx(100, "no condition %s", condition);
	execve(program, arguments, environment);
	err(100, "%s", program);
}
