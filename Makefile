# SPDX-License-Identifier: GPL-2.0
# Each target calls a script of the same name; `scripts/NAME -h` says more.

.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory
# As written, not as make would expand it.
override CMD := $(value CMD)
export CMD

help: ## this list
	@echo "make demo, make test: all that is needed is fetched and built first."
	@echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20
	@echo
	@sed -nE 's/^#: ([A-Z_]+) +(.*)/  \1=\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

#: TESTS       names for make test: tests, checks, demo; globs are allowed
#: FULL        1: build all of test_progs, not only what tests/*.list names
#: MUTANTS     names for make mutants; globs are allowed
#: PATCH       numbers for make test-each and bench-text: only these patches
#: SETS        numbers for make test-sets: only up to these sets
#: BENCH       names for make bench: attach mkdir rr connect listen bulk sizes
#: TWICE       1: make bench measures twice and compares
#: CMD         a line for bash in the guest
#: BASE        another base: a tarball, an unpacked tree, or GIT-TREE@REV
#: SOB         "Name <mail>" for make series: who signs off
#: REV         a commit of this repository for make range-diff
#: JOBS        how much is built at once (number of processors)
#: W           1: more compiler warnings for make kernel
#: TOOLCHAIN   host: use the host's own tools
#: CACHE       downloads, toolchain, ccache (~/.cache/cgroup-struct-ops)
#: MIRROR      Debian mirror (the one of the machine's apt)
#: NO_INSTALL  1: install no host packages
#: FORCE       1: make tree and make clean may lose work in build/linux

demo: kernel ## policies on live TCP connections, in a guest; or CMD with policies attached
	@scripts/demo $${CMD:+"$$CMD"}

test: ## build, boot, run every test and check
	@scripts/test

test-debug: ## the same tests with KASAN, lockdep, kmemleak and more; an hour
	@scripts/test-variant debug

test-cfi: ## the same tests in a kernel that clang built with kCFI; half an hour
	@scripts/test-variant cfi

test-ci: ## the tests of the series in a kernel with only the selftests' own configuration; an hour
	@scripts/test-variant ci

test-old: ## libbpf and bpftool of the series on a kernel without it, which is built
	@scripts/baseline --kernel
	@TESTS=new-tools scripts/test

test-each: ## tests of the base's cgroup programs after each patch, in a small kernel; hours
	@scripts/test-each $(PATCH)

test-sets: ## the tests of each set of patches, with it and those before it; many hours
	@scripts/test-sets

mutants: selftests ## which deliberate faults in the kernel the selftests notice; hours
	@scripts/mutants $(MUTANTS)

shell: kernel ## a shell in a guest with the series
	@scripts/guest

run: kernel ## run CMD in such a guest; fails with the status that CMD had
	@[ -n "$$CMD" ] || { echo 'usage: make run CMD="..."' >&2; exit 2; }
	@scripts/guest "$$CMD"

tree: host-setup ## derive build/linux from the base and patches/
	@scripts/tree

export: ## write the commits of build/linux to patches/, and doc/series.md
	@scripts/export
	@scripts/table

status: ## do build/linux and patches/ agree, what is uncommitted
	@scripts/status

range-diff: ## compare the series with that of an earlier commit, REV
	@scripts/range-diff $(REV)

series: ## mails of each set, with cover letter and diffstat, in build/mail
	@scripts/series

toolchain: host-setup ## the Debian tree that everything is built and run in
	@scripts/toolchain

kernel: tree ## build the kernel
	@scripts/kernel

selftests: kernel ## build test_progs
	@scripts/selftests

checks: ## the workbench's own checks
	@TESTS="$(notdir $(shell find checks -type f -executable))" scripts/test

test-patches: kernel ## build after each patch, with checkpatch; W=1 and FULL=1 for more
	@scripts/each-patch

baseline: ## record how the regression tests end without the series
	@scripts/baseline

bench: kernel ## what TCP's hooks cost, with and without the series; doc/bench
	@scripts/bench

bench-text: kernel ## how many bytes of text each patch adds to the kernel of make bench
	@scripts/bench-text $(PATCH)

clean: ## remove what was built; build/linux only with FORCE=1
	@scripts/clean

host-setup: ## install the host packages that are missing
	@scripts/host-setup

.PHONY: help demo test test-debug test-cfi test-ci test-old test-each test-sets mutants shell run tree export status range-diff series \
	toolchain kernel selftests checks test-patches baseline bench bench-text clean host-setup
