/* Looks at the process that it became, and tries to become root again.
 *
 *   probe ids                      real, effective, saved uid and gid, then CapEff and CapBnd by prctl and capget
 *   probe argv [ARG]...            each argument in brackets
 *   probe descriptors              each open descriptor and what it is
 *   probe escape [FILE]...         attempts to get privileges back; each FILE is executed with the argument `ids`
 *   probe lock FILE                takes the lock of shadow-utils, says "held", gives it back at the end of stdin
 *   probe trylock FILE             exit code 0 when that lock is free
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void ids(void)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[2];
	unsigned long long effective, bounding = 0;

	getresuid(&ru, &eu, &su);
	getresgid(&rg, &eg, &sg);
	syscall(SYS_capget, &header, sets);
	effective = sets[0].effective | (unsigned long long)sets[1].effective << 32;
	for (int capability = 0; capability < 64; capability++)
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1)
			bounding |= 1ULL << capability;
	printf("uid %d %d %d gid %d %d %d effective %llx bounding %llx\n", (int)ru, (int)eu, (int)su, (int)rg, (int)eg,
	       (int)sg, effective, bounding);
	fflush(stdout);
}

static void attempt(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerror(errno));
	else
		printf("%s: succeeded\n", what);
	fflush(stdout);
}

static void execute(char *file)
{
	int status;
	pid_t child;

	printf("%s: ", file);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		execl(file, file, "ids", (char *)0);
		printf("%s\n", strerror(errno));
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, &status, 0);
}

static void escape(int count, char **files)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct all[2] = { { ~0U, ~0U, 0 }, { 0x1ffU, 0x1ffU, 0 } };
	struct __user_cap_data_struct one[2] = { { 1U << CAP_SETUID, 1U << CAP_SETUID, 0 }, { 0, 0, 0 } };
	gid_t root = 0;

	attempt("setuid", setuid(0));
	attempt("seteuid", seteuid(0));
	attempt("setreuid", setreuid(0, 0));
	attempt("setresuid", setresuid(0, 0, 0));
	attempt("saved uid", setresuid(-1, -1, 0));
	setfsuid(0);
	attempt("setfsuid", setfsuid(-1) == 0 ? 0 : (errno = EPERM, -1));
	attempt("setgid", setgid(0));
	attempt("setegid", setegid(0));
	attempt("setresgid", setresgid(0, 0, 0));
	setfsgid(0);
	attempt("setfsgid", setfsgid(-1) == 0 ? 0 : (errno = EPERM, -1));
	attempt("setgroups to root", setgroups(1, &root));
	attempt("setgroups to none", setgroups(0, NULL));
	attempt("capset of all", syscall(SYS_capset, &header, all));
	attempt("capset of setuid", syscall(SYS_capset, &header, one));
	attempt("ambient setuid", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETUID, 0, 0));
	attempt("clear no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	attempt("chroot", chroot("/tmp"));
	attempt("mknod", mknod("/tmp/kmem", S_IFCHR | 0600, makedev(1, 2)));
	attempt("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	attempt("chown", chown("/etc/passwd", 1000, 1000));
	attempt("write", open("/etc/passwd", O_WRONLY));
	for (int index = 0; index < count; index++)
		execute(files[index]);
	ids();
}

static void descriptors(void)
{
	struct stat about;

	for (int number = 0; number < 256; number++)
		if (fstat(number, &about) == 0)
			printf("%d %o %d:%d\n", number, about.st_mode & S_IFMT, (int)major(about.st_rdev),
			       (int)minor(about.st_rdev));
}

static int lock(const char *path)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return file < 0 || fcntl(file, F_SETLK, &whole) < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	char byte;

	if (!strcmp(verb, "ids"))
		ids();
	else if (!strcmp(verb, "escape"))
		escape(argc - 2, argv + 2);
	else if (!strcmp(verb, "descriptors"))
		descriptors();
	else if (!strcmp(verb, "argv"))
		for (int index = 0; index < argc; index++)
			printf("[%s]", argv[index]);
	else if (!strcmp(verb, "trylock"))
		return lock(argv[2]) < 0;
	else if (!strcmp(verb, "lock")) {
		if (lock(argv[2]) < 0)
			return 1;
		puts("held");
		fflush(stdout);
		while (read(0, &byte, 1) > 0)
			;
	} else
		return 2;
	return 0;
}
