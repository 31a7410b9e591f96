/*
 * Linked into the instrumented charon-init: its counters live in shared memory, one piece for all of its processes.
 *
 * LLVM's runtime writes a file at exit. That would never happen here (execve(2), SIGKILL), or not be allowed (another
 * user, a chroot, a read-only file system), and its complaints would end up in what tests compare. System V memory has
 * no path and no descriptor, outlives its processes, and two system calls before main attach it.
 *
 * With CHARON_COVERAGE=FILE in its environment the program is the one that writes all that was counted to FILE.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

/* In place of what would have the runtime write at exit (ld --wrap). */
void __wrap___llvm_profile_initialize(void)
{
}

/* Where -runtime-counter-relocation has the code look for counters, as a distance from where the linker put them. */
extern intptr_t __llvm_profile_counter_bias;
extern char __start___llvm_prf_cnts, __stop___llvm_prf_cnts;
void __llvm_profile_set_filename(const char *);
int __llvm_profile_write_file(void);

__attribute__((constructor)) static void attach(void)
{
	char *own = &__start___llvm_prf_cnts, *shared;
	size_t length = (size_t)(&__stop___llvm_prf_cnts - own);
	const char *file = getenv("CHARON_COVERAGE");

	shared = shmat(shmget(KEY, length, IPC_CREAT | 0666), NULL, 0);
	if (shared == (char *)-1)
		return;
	if (!file) {
		__llvm_profile_counter_bias = shared - own;
		return;
	}
	memcpy(own, shared, length);
	__llvm_profile_set_filename(file);
	_Exit(__llvm_profile_write_file());
}
