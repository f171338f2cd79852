// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PID 1 of the guest: init JOB OUT [tty]
 *
 * The root is the host's, read-only. JOB is a file with the words of the
 * command, each ended by a zero byte; OUT is where the host's one writable
 * directory is mounted. The command's output goes to a virtio port, or with
 * "tty" the command has the virtio console as its terminal. Another port tells
 * the host how far the guest came:
 *
 *	up		all is mounted
 *	exit N		the command ended; 128 + the signal, as a shell has it
 *	done		what was left running was killed, leaks were looked for
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT_OUTPUT	"/dev/vport0p1"
#define PORT_STATUS	"/dev/vport0p2"
#define TERMINAL	"/dev/hvc0"
#define SMACKFS		"/sys/fs/smackfs"
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"
/* kmemleak passes over what was allocated less than five seconds ago. */
#define LEAK_AGE_S	6
#define MAX_WORDS	256

static int status_fd = -1;

static void report(const char *what, int value)
{
	if (value < 0)
		dprintf(status_fd, "%s\n", what);
	else
		dprintf(status_fd, "%s %d\n", what, value);
}

static void __attribute__((noreturn)) power_off(void)
{
	sync();
	/* QEMU is told to exit at a reset, which needs no ACPI. */
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "init: %s: %s\n", what, strerror(errno));
	power_off();
}

static void mount_at(const char *source, const char *where, const char *type,
		     const char *options)
{
	if (mount(source, where, type, 0, options))
		die(where);
}

/*
 * The host's directory shows through, since a checkout or the cache may be in
 * it, and what is written stays in memory.
 */
static void overlay_at(const char *where, const char *name)
{
	char upper[64], work[64], options[256];

	snprintf(upper, sizeof(upper), "/run/overlay/%s", name);
	mkdir(upper, 0755);
	snprintf(upper, sizeof(upper), "/run/overlay/%s/upper", name);
	snprintf(work, sizeof(work), "/run/overlay/%s/work", name);
	if (mkdir(upper, 01777) || chmod(upper, 01777) || mkdir(work, 0700))
		die(upper);
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s",
		 where, upper, work);
	mount_at("overlay", where, "overlay", options);
}

/* Those on the kernel's own file systems are there; others are on tmpfs. */
static void make_directories(const char *path)
{
	char part[4096];
	char *slash;

	snprintf(part, sizeof(part), "%s", path);
	for (slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(part, 0755);
		*slash = '/';
	}
	mkdir(part, 0755);
}

static void mount_all(const char *out)
{
	mount_at("proc", "/proc", "proc", NULL);
	mount_at("sysfs", "/sys", "sysfs", NULL);
	mount_at("devtmpfs", "/dev", "devtmpfs", NULL);
	mkdir("/dev/pts", 0755);
	mkdir("/dev/shm", 01777);
	mount_at("devpts", "/dev/pts", "devpts", "gid=5,mode=620,ptmxmode=666");
	mount_at("tmpfs", "/dev/shm", "tmpfs", "mode=1777");
	if (symlink("/proc/self/fd", "/dev/fd") ||
	    symlink("/proc/self/fd/0", "/dev/stdin") ||
	    symlink("/proc/self/fd/1", "/dev/stdout") ||
	    symlink("/proc/self/fd/2", "/dev/stderr"))
		die("/dev/fd");
	mount_at("tmpfs", "/run", "tmpfs", "mode=755");
	mkdir("/run/overlay", 0700);
	mkdir("/run/lock", 01777);
	mkdir("/run/home", 0700);
	overlay_at("/tmp", "tmp");
	overlay_at("/var/tmp", "var-tmp");
	mount_at("cgroup2", "/sys/fs/cgroup", "cgroup2", NULL);
	mount_at("bpf", "/sys/fs/bpf", "bpf", NULL);
	mount_at("debugfs", "/sys/kernel/debug", "debugfs", NULL);
	mount_at("tracefs", "/sys/kernel/tracing", "tracefs", NULL);
	/* There only where the kernel was told to have this security module. */
	if (!access(SMACKFS, F_OK))
		mount_at("smackfs", SMACKFS, "smackfs", NULL);
	make_directories(out);
	mount_at("out", out, "9p", "trans=virtio,version=9p2000.L,msize=262144,cache=mmap");
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request))
		die("lo");
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		die("lo");
	close(fd);
}

/* The ports come up by a work item of their own, perhaps after PID 1. */
static int open_port(const char *path)
{
	int fd, tries;

	for (tries = 0; tries < 1000; tries++) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		usleep(10000);
	}
	die(path);
}

static void kmemleak(const char *command)
{
	int fd = open(KMEMLEAK, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, command, strlen(command)) < 0)
		die(KMEMLEAK);
	close(fd);
}

/* Into the console's log, where the host looks for it with everything else. */
static void show_leaks(void)
{
	char text[4096];
	ssize_t count;
	int fd = open(KMEMLEAK, O_RDONLY);

	if (fd < 0)
		return;
	while ((count = read(fd, text, sizeof(text))) > 0)
		if (write(STDERR_FILENO, text, count) != count)
			die("console");
	close(fd);
}

static void read_job(const char *path, char **words)
{
	static char text[65536];
	int fd = open(path, O_RDONLY);
	ssize_t length;
	size_t at, count = 0;

	if (fd < 0)
		die(path);
	length = read(fd, text, sizeof(text) - 1);
	if (length < 0)
		die(path);
	close(fd);
	for (at = 0; at < (size_t)length && count < MAX_WORDS; at += strlen(text + at) + 1)
		words[count++] = text + at;
	if (!count || count == MAX_WORDS || length == sizeof(text) - 1) {
		errno = E2BIG;
		die(path);
	}
	words[count] = NULL;
}

static pid_t start(char **words, bool tty, int output)
{
	int input;
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child)
		return child;
	setsid();
	input = open(tty ? TERMINAL : "/dev/null", O_RDWR);
	if (input < 0 || (tty && ioctl(input, TIOCSCTTY, 0)))
		die(TERMINAL);
	dup2(input, STDIN_FILENO);
	dup2(tty ? input : output, STDOUT_FILENO);
	dup2(tty ? input : output, STDERR_FILENO);
	if (input > STDERR_FILENO)
		close(input);
	execvp(words[0], words);
	fprintf(stderr, "%s: %s\n", words[0], strerror(errno));
	_exit(127);
}

/* Returns false once no process holds the pipe's other end. */
static bool copy_some(int from, int to, int wait_ms)
{
	struct pollfd ready = { .fd = from, .events = POLLIN };
	char text[32768];
	ssize_t count, done, part;

	if (poll(&ready, 1, wait_ms) <= 0)
		return true;
	count = read(from, text, sizeof(text));
	if (count <= 0)
		return false;
	for (done = 0; done < count; done += part) {
		part = write(to, text + done, count - done);
		if (part < 0)
			die(PORT_OUTPUT);
	}
	return true;
}

static int run_job(char **words, bool tty)
{
	int ends[2], port, status, result = -1;
	pid_t job, child;

	if (pipe2(ends, O_CLOEXEC))
		die("pipe");
	port = open_port(PORT_OUTPUT);
	job = start(words, tty, ends[1]);
	close(ends[1]);
	while (result < 0) {
		if (!copy_some(ends[0], port, 50))
			usleep(50000);
		while ((child = waitpid(-1, &status, WNOHANG)) > 0)
			if (child == job)
				result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
							       WEXITSTATUS(status);
	}
	kill(-1, SIGKILL);
	while (copy_some(ends[0], port, -1))
		;
	while (waitpid(-1, NULL, 0) > 0)
		;
	return result;
}

int main(int argc, char **argv)
{
	char *words[MAX_WORDS + 1];

	if (argc < 3)
		die("no job");
	mount_all(argv[2]);
	status_fd = open_port(PORT_STATUS);
	if (sethostname("rtprelay", strlen("rtprelay")))
		die("hostname");
	loopback_up();
	read_job(argv[1], words);
	kmemleak("clear");
	report("up", -1);
	report("exit", run_job(words, argc > 3));
	if (!access(KMEMLEAK, F_OK)) {
		sleep(LEAK_AGE_S);
		kmemleak("scan");
		show_leaks();
	}
	report("done", -1);
	power_off();
}
