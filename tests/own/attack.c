// attack KIND DIRECTORY OUTSIDE COUNT: swap names in DIRECTORY, as whoever runs it, until its input ends and COUNT
// times at least; prints how often.
//
//   links   directories dN for symbolic links lN to OUTSIDE
//   hard    files fN for hard links hN to OUTSIDE, a file
//   moves   directories dN out of DIRECTORY into OUTSIDE and back
//   churn   entries appear, vanish and change their type
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMES 1000
#define EXCHANGE 2 // RENAME_EXCHANGE

static void need(int result, const char *what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
}

static void path(char *to, const char *directory, char letter, int number) {
  snprintf(to, 512, "%s/%c%d", directory, letter, number);
}

int main(int count_of_words, char **words) {
  if (count_of_words != 5) return 2;
  const char *kind = words[1], *directory = words[2], *outside = words[3];
  long least = atol(words[4]), done = 0;
  char one[512], other[512];
  for (int n = 0; n < NAMES; n++) {
    path(one, directory, 'd', n);
    if (!strcmp(kind, "links")) {
      path(other, directory, 'l', n);
      need(mkdir(one, 0755), one);
      need(symlink(outside, other), other);
    } else if (!strcmp(kind, "hard")) {
      path(one, directory, 'f', n);
      path(other, directory, 'h', n);
      int file = open(one, O_CREAT | O_WRONLY, 0644);
      need(file, one);
      close(file);
      need(link(outside, other), other);
    } else if (!strcmp(kind, "moves")) {
      need(mkdir(one, 0755), one);
      strcat(one, "/file");
      int file = open(one, O_CREAT | O_WRONLY, 0644);
      need(file, one);
      close(file);
    }
  }
  puts("ready");
  fflush(stdout);
  struct pollfd input = {.fd = 0, .events = POLLIN};
  for (; done < least || done % 100 || poll(&input, 1, 0) == 0; done++) {
    int n = done % NAMES;
    if (!strcmp(kind, "links") || !strcmp(kind, "hard")) {
      int links = !strcmp(kind, "links");
      path(one, directory, links ? 'd' : 'f', n);
      path(other, directory, links ? 'l' : 'h', n);
      need(syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, EXCHANGE), "swap");
    } else if (!strcmp(kind, "moves")) {
      path(one, directory, 'd', n);
      path(other, outside, 'd', n);
      need(rename(one, other), "move out");
      need(rename(other, one), "move back");
    } else {
      path(one, directory, 'c', n);
      int made = 0;
      switch (done / NAMES % 4) {
        case 0: made = open(one, O_CREAT | O_WRONLY, 0644); if (made >= 0) close(made); break;
        case 1: made = mkdir(one, 0755); break;
        case 2: made = symlink(outside, one); break;
        case 3: made = mkfifo(one, 0644); break;
      }
      need(made, "make");
      need(done / NAMES % 4 == 1 ? rmdir(one) : unlink(one), "remove");
    }
  }
  printf("%ld\n", done);
  return 0;
}
