/*
 * Account files -> their entries as this machine's C library reads them.
 *
 * Standard input: documents, each after its kind (p: passwd, g: group) and its length in four bytes, lowest first.
 * Standard output: a line per entry: the number of its document and its fields in hexadecimal, separated by blanks:
 * name, uid, gid and home, or name, gid and each member.
 */
#define _DEFAULT_SOURCE
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

static void field(const char *text)
{
	putchar(' ');
	putchar('=');
	/* For a lone + or - the texts are null pointers. */
	for (; text && *text; text++)
		printf("%02x", (unsigned char)*text);
}

int main(void)
{
	int kind;

	for (int number = 0; (kind = getchar()) != EOF; number++) {
		size_t length = 0;
		char *text;
		FILE *file;

		for (int shift = 0; shift < 32; shift += 8)
			length |= (size_t)getchar() << shift;
		text = malloc(length + 1);
		if (fread(text, 1, length, stdin) != length)
			return 1;
		/* An empty document has no stream in every C library. */
		file = length ? fmemopen(text, length, "r") : NULL;
		if (file && kind == 'p') {
			struct passwd *entry;

			while ((entry = fgetpwent(file))) {
				printf("%d", number);
				field(entry->pw_name);
				printf(" %u %u", entry->pw_uid, entry->pw_gid);
				field(entry->pw_dir);
				putchar('\n');
			}
		} else if (file) {
			struct group *entry;

			while ((entry = fgetgrent(file))) {
				printf("%d", number);
				field(entry->gr_name);
				printf(" %u", entry->gr_gid);
				for (char **member = entry->gr_mem; *member; member++)
					field(*member);
				putchar('\n');
			}
		}
		if (file)
			fclose(file);
		free(text);
	}
	return 0;
}
