// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PID 1 of User-mode Linux: uml_init COMMAND [ARGUMENT]... The root is the host's,
 * read-only; the command's output goes to the console.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char **words)
{
	pid_t child = fork();
	int status;

	if (!child) {
		execvp(words[0], words);
		perror(words[0]);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	if (argc < 2 || mount("proc", "/proc", "proc", 0, NULL) ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL) ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) ||
	    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1))
		perror("uml_init");
	else
		printf("\nexit %d\n", run(argv + 1));
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
