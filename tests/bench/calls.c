//! COMMAND -> COMMAND as uid 1000, by the system calls that charon-init makes for it on the bench's stage with the grant in
//! place, in their order, and without any code between them: no parser, no decision, no memory of its own. The difference
//! from charon-init is what its code costs. What strace(1) shows of either must be the same; the bench prints both counts.

#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#if !defined(__x86_64__)
#error "a system call of this architecture"
#endif

static long call(long number, long a, long b, long c, long d, long e)
{
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = 0;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}

static char bytes[4096];
static struct stat about;

static long open_it(const char *path, long flags) { return call(SYS_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, 0, 0); }
static void read_from(long file) { call(SYS_read, file, (long)bytes, sizeof bytes, 0, 0); }
static void close_it(long file) { call(SYS_close, file, 0, 0, 0, 0); }
static void look_at(long file) { call(SYS_fstat, file, (long)&about, 0, 0, 0); }
static void look_at_name(const char *path, long flags) { call(SYS_newfstatat, AT_FDCWD, (long)path, (long)&about, flags, 0); }
static void attribute(const char *path, const char *name) { call(SYS_getxattr, (long)path, (long)name, (long)bytes, 256, 0); }
static void acl(const char *path) { attribute(path, "system.posix_acl_access"); }

static void status(void)
{
    long file = open_it("/proc/self/status", O_RDONLY);
    read_from(file);
    close_it(file);
}

static void account_file(const char *path)
{
    long file = open_it(path, O_RDONLY | O_NOFOLLOW);
    look_at(file);
    read_from(file);
    close_it(file);
}

/// A directory, and an entry of it: a link, or the socket.
static void walk(const char *directory, const char *entry)
{
    look_at_name(directory, AT_SYMLINK_NOFOLLOW);
    acl(directory);
    look_at_name(entry, AT_SYMLINK_NOFOLLOW);
    if (S_ISLNK(about.st_mode)) call(SYS_readlinkat, AT_FDCWD, (long)entry, (long)bytes, 256, 0);
    else acl(entry);
}

static void begin(void)
{
    struct pollfd standard[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
    long handler[4] = {(long)SIG_IGN};
    call(SYS_arch_prctl, 0x1002 /* ARCH_SET_FS */, (long)bytes, 0, 0, 0);
    call(SYS_set_tid_address, (long)bytes, 0, 0, 0, 0);
    call(SYS_poll, (long)standard, 3, 0, 0, 0);
    call(SYS_rt_sigaction, SIGPIPE, (long)handler, 0, 8, 0);
    call(SYS_mmap, 0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void look(const char *command)
{
    status();
    look_at_name("/proc/self/exe", 0);
    attribute("/proc/self/exe", "security.capability");
    call(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/ns/user", (long)bytes, 32, 0);
    account_file("/etc/passwd");
    account_file("/etc/group");
    look_at_name("/", 0);
    acl("/");
    walk("/var", "/var/run");
    walk("/run", "/run/docker.sock");
    attribute(command, "security.capability");
}

static void drop(void)
{
    static const char text[] = "charon-init: '/var/run/docker.sock': granted through gid 988 (docker); its owning group\n";
    // Docker's.
    static const char dropped[] = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31};
    unsigned groups[2] = {988, 1000};
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};
    call(SYS_write, 2, (long)text, sizeof text - 1, 0, 0);
    for (unsigned i = 0; i < sizeof dropped; i++) call(SYS_prctl, PR_CAPBSET_DROP, dropped[i], 0, 0, 0);
    call(SYS_setgroups, 2, (long)groups, 0, 0, 0);
    call(SYS_setresgid, 1000, 1000, 1000, 0, 0);
    call(SYS_setresuid, 1000, 1000, 1000, 0, 0);
    call(SYS_capset, (long)&header, (long)none, 0, 0, 0);
    call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    status();
    call(SYS_setresuid, 0, 0, 0, 0, 0);
    call(SYS_setresgid, 0, 0, 0, 0, 0);
}

// From the stack as execve(2) leaves it: the count, the words, 0, the variables.
__attribute__((used, noreturn)) static void run(long *stack)
{
    char **words = (char **)stack + 1;
    long handler[4] = {(long)SIG_DFL};
    begin();
    look(words[1]);
    drop();
    call(SYS_rt_sigaction, SIGPIPE, (long)handler, 0, 8, 0);
    call(SYS_execve, (long)words[1], (long)(words + 1), (long)(words + *stack + 1), 0, 0);
    for (;;) call(SYS_exit_group, 1, 0, 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call run\n");
