// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include "demo.h"

void cgroup_check_mount(void)
{
	struct statfs fs;

	if (statfs(CGROUP_ROOT, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC)
		die("%s is not a cgroup2 file system: mount -t cgroup2 none %s",
		    CGROUP_ROOT, CGROUP_ROOT);
}

struct cgroup cgroup_open(const char *path)
{
	struct cgroup cg = { .path = path };
	char full[PATH_MAX];
	struct stat st;

	text(full, "%s%s", CGROUP_ROOT, path);
	cg.fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cg.fd < 0 || fstat(cg.fd, &st))
		die("cannot open the cgroup %s: %m", full);
	cg.id = st.st_ino;
	return cg;
}

struct cgroup cgroup_make(const char *path)
{
	char full[PATH_MAX];

	text(full, "%s%s", CGROUP_ROOT, path);
	if (mkdir(full, 0755))
		die("cannot make the cgroup %s: %m", full);
	return cgroup_open(path);
}

void cgroup_join(const struct cgroup *cg)
{
	int fd = openat(cg->fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		die("cannot join the cgroup %s: %m", cg->path);
	close(fd);
}

int cgroup_remove(const char *path)
{
	char full[PATH_MAX];

	text(full, "%s%s", CGROUP_ROOT, path);
	return rmdir(full);
}

/* A cgroup id is the file handle of its directory. */
void cgroup_path_of(__u64 id, char *path, size_t size)
{
	struct {
		struct file_handle handle;
		__u64 id;
	} h = {
		.handle.handle_bytes = sizeof(id),
		.handle.handle_type = 0xfe,	/* FILEID_KERNFS */
		.id = id,
	};
	char link[64], full[PATH_MAX] = "";
	int root, fd;

	root = open(CGROUP_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = open_by_handle_at(root, &h.handle, O_PATH | O_CLOEXEC);
	text(link, "/proc/self/fd/%d", fd);
	if (fd < 0 || readlink(link, full, sizeof(full) - 1) < 0)
		snprintf(path, size, "none");
	else
		snprintf(path, size, "%s", full + strlen(CGROUP_ROOT));
	close(fd);
	close(root);
}
