//! Commands -> how long each takes from vfork to its end, interleaved; one line each: least and median ns, page faults.
//! Each round has an order of its own: what runs after a big program finds the caches empty, and what runs after its like
//! finds them full.
//!
//! timer ROUNDS WORD... :: WORD... :: ...    a command after "@" gets the file $FRESH copied to $STALE before each start
//! timer cpuid                               what one CPUID takes, in ns; 0 where there is none

#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 64 };

static int compare(const void *one, const void *other)
{
    long a = *(const long *)one, b = *(const long *)other;
    return (a > b) - (a < b);
}

static void copy(const char *from, const char *to)
{
    static char bytes[1 << 24];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_TRUNC);
    ssize_t length = read(in, bytes, sizeof bytes);
    if (in < 0 || out < 0 || length < 0 || write(out, bytes, length) != length) err(1, "%s -> %s", from, to);
    close(in);
    close(out);
}

static long start(char **words, int null, long *faults)
{
    struct timespec before, after;
    struct rusage usage;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &before);
    pid_t pid = vfork();
    if (pid == 0) {
        dup2(null, 1);
        dup2(null, 2);
        execv(words[0], words);
        _exit(99);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) err(1, "%s", words[0]);
    clock_gettime(CLOCK_MONOTONIC, &after);
    if (status != 0) errx(1, "%s: ended with status %#x", words[0], status);
    *faults = usage.ru_minflt;
    return (after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec;
}

// Fisher and Yates; the same orders in each run.
static void shuffle(int *order, int count)
{
    static unsigned long state = 1;
    for (int i = count - 1; i > 0; i--) {
        state = state * 6364136223846793005UL + 1442695040888963407UL;
        int other = (int)((state >> 33) % (unsigned)(i + 1)), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

static long cpuid(void)
{
    struct timespec before, after;
    enum { TIMES = 1000 };
    clock_gettime(CLOCK_MONOTONIC, &before);
#if defined(__x86_64__)
    for (int i = 0; i < TIMES; i++) {
        unsigned a = 0, b, c = 0, d;
        __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    }
#endif
    clock_gettime(CLOCK_MONOTONIC, &after);
    return ((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec) / TIMES;
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "cpuid") == 0) return printf("%ld\n", cpuid()) < 0;
    int rounds = atoi(words[1]), commands = 0, null = open("/dev/null", O_RDWR | O_CLOEXEC);
    char **command[MOST];
    long faults[MOST];
    command[commands++] = words + 2;
    for (int i = 2; i < count; i++)
        if (strcmp(words[i], "::") == 0 && commands < MOST) {
            words[i] = NULL;
            command[commands++] = words + i + 1;
        }
    long *times = calloc((size_t)commands * rounds, sizeof *times);
    int order[MOST];
    for (int i = 0; i < commands; i++) order[i] = i;
    for (int round = 0; round < rounds; round++) {
        shuffle(order, commands);
        for (int turn = 0; turn < commands; turn++) {
            int i = order[turn];
            int is_first_start = strcmp(command[i][0], "@") == 0;
            if (is_first_start) copy(getenv("FRESH"), getenv("STALE"));
            times[i * rounds + round] = start(command[i] + is_first_start, null, &faults[i]);
        }
    }
    for (int i = 0; i < commands; i++) {
        long *own = times + (long)i * rounds;
        qsort(own, rounds, sizeof *own, compare);
        printf("%ld %ld %ld\n", own[0], own[rounds / 2], faults[i]);
    }
}
