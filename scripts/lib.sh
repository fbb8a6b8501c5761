# shellcheck shell=bash
# Sourced by every script: where things are, and how a step is shown.
#
#   TOP BUILD LOGS TREE   the checkout, $TOP/build, $BUILD/logs, $BUILD/linux
#   CACHE                 downloads, base, toolchain, ccache; outside the checkout
#   die MSG...            error, exit 1; MSG says what to do
#   note MSG...           a line on stderr
#   usage "$@"            -h or --help prints the "# Usage:" block of $0 and exits
#   step TITLE LOG CMD... run CMD with its output in LOG, showing the time
#   with_lock FILE CMD... run CMD in a subshell while FILE is locked
#   hash_of [FILE...]     16 hex digits, of stdin without FILE
#   tgit ARG...           git without anybody's configuration or hooks
#   scratch NAME          a directory under $BUILD, its path in NAME, removed at exit
#   series_files [DIR]    the patches that DIR/series lists, default $TOP/patches
#   series_hash [DIR]     hash of their names and contents
#   set_ends REPO BASE HEAD [DIR]
#                         "SET COMMIT" for the last commit of each set, where
#                         BASE..HEAD are the patches that DIR/series lists
#   set_branches REPO     the same, of the branches set/SET
#   save_state NAME BASE PATCHES HEAD [PENDING]
#                         write build/tree.state: what build/linux was derived from;
#                         from then on git rebase takes the branches along
#
# CMD may be a function, but errexit is off inside it.

TOP=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd -P)
CACHE=${CACHE:-${XDG_CACHE_HOME:-${HOME:-$TOP/build/cache}/.cache}/cgroup-struct-ops}
case $CACHE in /*) ;; *) CACHE=$PWD/$CACHE ;; esac
BUILD=$TOP/build
LOGS=$BUILD/logs
TREE=$BUILD/linux
export TOP CACHE BUILD LOGS TREE

# Messages are parsed and file names sorted; a hook's or a user's git
# environment must not reach the trees that are derived here.
export LC_ALL=C.UTF-8
unset CDPATH GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY \
	GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_PREFIX GIT_NAMESPACE \
	GIT_EXTERNAL_DIFF GIT_DIFF_OPTS GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL \
	GIT_AUTHOR_DATE GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE
umask 022

die()
{
	printf '%s: error: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

note()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

usage()
{
	case ${1:-} in
	-h | --help)
		sed -n '/^# Usage:/,/^[^#]\|^$/{s/^# \{0,1\}//p}' "$0"
		exit 0
		;;
	esac
}

hash_of()
{
	if [ $# -eq 0 ]; then
		sha256sum
	else
		local f
		for f in "$@"; do
			sha256sum <"$f" || return
		done | sha256sum
	fi | cut -c1-16
}

with_lock()
{
	local file=$1
	shift
	mkdir -p "${file%/*}"
	# What CMD starts inherits the descriptor on purpose: if this shell is
	# killed, the lock is held until its children are gone too.
	(
		if ! flock -n 9; then
			note "waiting for another run, which holds $file"
			flock 9
		fi
		"$@"
	) 9>>"$file"
}

# In the background, so that CMD stays in the foreground and gets Ctrl-C.
_step_ticker()
{
	local title=$1 log=$2 owner=$3 start=$SECONDS now line
	while sleep 1 && kill -0 "$owner" 2>/dev/null; do
		now=$((SECONDS - start))
		if [ -t 1 ]; then
			line=$(tail -c 400 "$log" 2>/dev/null | tr '\r' '\n' |
				tr -cd '[:print:]\n' | tail -n 1) || true
			line="$title ... $now s  $line"
			printf '\r\033[K%s' "${line:0:$((${COLUMNS:-80} - 1))}"
		elif ((now % 30 == 0 && now > 0)); then
			printf '%s ... %d s\n' "$title" "$now"
		fi
	done
}

step()
{
	local title=$1 log=$2 start=$SECONDS rc=0 ticker
	shift 2
	mkdir -p "${log%/*}"
	: >"$log"
	_step_ticker "$title" "$log" "$BASHPID" 9>&- 2>/dev/null &
	ticker=$!
	"$@" >"$log" 2>&1 || rc=$?
	kill "$ticker" 2>/dev/null || true
	wait "$ticker" 2>/dev/null || true
	if [ -t 1 ]; then
		printf '\r\033[K'
	fi
	if [ "$rc" -eq 0 ]; then
		printf '%s: %d s\n' "$title" $((SECONDS - start))
	else
		printf '%s: failed after %d s, status %d; last lines of %s:\n' \
			"$title" $((SECONDS - start)) "$rc" "$log"
		tail -n 20 "$log" | sed 's/^/  | /'
	fi
	return "$rc"
}

# The result of a derivation must not depend on who runs it, nor on which of
# root and the user made the cache.
tgit()
{
	GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 \
	GIT_CONFIG_COUNT=4 \
	GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' \
	GIT_CONFIG_KEY_1=gc.auto GIT_CONFIG_VALUE_1=0 \
	GIT_CONFIG_KEY_2=core.hooksPath GIT_CONFIG_VALUE_2=/dev/null \
	GIT_CONFIG_KEY_3=core.attributesFile GIT_CONFIG_VALUE_3=/dev/null \
		git "$@"
}

_scratch=()
_scratch_rm()
{
	[ ${#_scratch[@]} -eq 0 ] || rm -rf -- "${_scratch[@]}"
}

scratch()
{
	local dir fd
	mkdir -p "$BUILD"
	# A directory is locked while its owner lives: the others are what killed
	# runs left.
	for dir in "$BUILD"/scratch.*; do
		if [ -d "$dir" ] && [ -n "$(find "$dir" -maxdepth 0 -mmin +1)" ] &&
			{ exec {fd}<"$dir"; } 2>/dev/null; then
			! flock -n "$fd" || rm -rf "$dir"
			exec {fd}<&-
		fi
	done
	dir=$(mktemp -d "$BUILD/scratch.XXXXXX")
	exec {fd}<"$dir"
	flock "$fd"
	_scratch+=("$dir")
	trap _scratch_rm EXIT
	printf -v "$1" %s "$dir"
}

series_files()
{
	local dir=${1:-$TOP/patches}
	[ ! -e "$dir/series" ] || sed 's/[[:space:]]*\(#.*\)\{0,1\}$//; s/[[:space:]].*//; /^$/d' "$dir/series"
}

series_hash()
{
	local dir=${1:-$TOP/patches} f
	series_files "$dir" | while IFS= read -r f; do
		[ -e "$dir/$f" ] || die "patches/series names $f, which is not there"
		echo "$f"
		sha256sum <"$dir/$f"
	done | sha256sum | cut -c1-16
}

set_ends()
{
	# The number of its last patch, and the set; none has a patch without directory.
	series_files "${4:-}" | awk '{ if (sub(/\/.*/, "")) last[$0] = NR } END { for (s in last) print last[s], s }' |
		awk 'NR == FNR { set[$1] = $2; next } FNR in set { print set[FNR], $1 }' \
			- <(tgit -C "$1" rev-list --reverse "$2..$3")
}

set_branches()
{
	tgit -C "$1" for-each-ref --format='%(refname:lstrip=3) %(objectname)' refs/heads/set
}

save_state()
{
	tgit -C "$TREE" config rebase.updateRefs true
	printf '%s=%q\n' base_name "$1" base_commit "$2" patches "$3" head "$4" \
		sets "$(set_branches "$TREE" | hash_of)" pending "${5:-}" >"$BUILD/tree.state.new"
	mv "$BUILD/tree.state.new" "$BUILD/tree.state"
}
