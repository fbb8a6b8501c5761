# shellcheck shell=bash
# Sourced by checks: a checkout of its own with a kernel of four files, so that
# the scripts are tried for real in a second.  Sets tmp and CHECKOUT.
# shellcheck source=scripts/lib.sh
. "${BASH_SOURCE[0]%/*}/../scripts/lib.sh"

# shellcheck disable=SC2034 # for checks that go on to the real series
real_cache=$CACHE real_base=${BASE:-}
# What the caller wants for the real series is not meant for this one.
unset BASE FORCE SOB MIRROR NO_INSTALL TOOLCHAIN
tmp=
scratch tmp
CHECKOUT=$tmp/checkout
export CACHE=$tmp/cache HOME=$tmp/home
unset XDG_CACHE_HOME XDG_CONFIG_HOME
mkdir -p "$CHECKOUT" "$HOME" "$tmp/kernel/kernel/bpf"
cp -r "$TOP/scripts" "$TOP/toolchain" "$TOP/base.conf" "$TOP/.gitignore" "$CHECKOUT"

# A configuration of git that would change everything if it were heeded.
cat >"$HOME/.gitconfig" <<-END
	[user]
		name = Somebody
		email = somebody@example.org
	[core]
		abbrev = 7
		autocrlf = true
	[diff]
		noprefix = true
		algorithm = histogram
		context = 1
		renames = copies
	[format]
		signOff = true
		signature = hello
		numbered = true
	[commit]
		gpgSign = true
	[am]
		threeWay = true
	[apply]
		whitespace = fix
END

(
	cd "$tmp/kernel" || exit
	printf 'VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 99\nEXTRAVERSION =\nNAME = Tiny\n' >Makefile
	echo '# Kbuild' >Kbuild
	# Debian's tree has this.
	printf '*.o\n/*\n!/debian/\n' >.gitignore
	echo '*.[ch] diff=cpp' >.gitattributes
	for f in a b; do
		for i in $(seq 60); do
			printf 'int %s%d(void)\n{\n\treturn %d;\n}\n\n' "$f" "$i" "$i"
			# A label must not be taken for a function by any of them.
			[ "$i" != 31 ] || printf 'out:\n\t;\n\n'
		done >kernel/bpf/$f.c
	done
)
export BASE=$tmp/kernel

# run SCRIPT ARG...: of the tiny checkout, its output in $tmp/out
run()
{
	local rc=0
	"$CHECKOUT/scripts/$1" "${@:2}" >"$tmp/out" 2>&1 </dev/null || rc=$?
	return "$rc"
}

# A command that has to succeed, or to fail and to say TEXT.
works()
{
	run "$@" || fail "$* failed: $(<"$tmp/out")"
}

refuses()
{
	local text=$1
	shift
	! run "$@" || fail "$* succeeded, but should say '$text'"
	grep -qF -e "$text" "$tmp/out" || fail "$* does not say '$text' but: $(<"$tmp/out")"
}

says()
{
	grep -qF -e "$1" "$tmp/out" || fail "no '$1' in: $(<"$tmp/out")"
}

fail()
{
	echo "$*"
	exit 1
}

# commit MESSAGE SED-SCRIPT FILE: a commit in the tiny build/linux, the last of branch
# $set if that is not empty
commit()
{
	local tree=$CHECKOUT/build/linux
	sed -i "$2" "$tree/$3"
	tgit -C "$tree" add -A
	tgit -C "$tree" commit -q -m "$1"
	[ -z "$set" ] || tgit -C "$tree" branch -f "set/$set"
}

works tree
set=01-one
commit 'bpf: first' 's/return 7;/return 70;/; s/return 50;/return 500;/' kernel/bpf/a.c
printf 'new\n' >"$CHECKOUT/build/linux/kernel/bpf/c.c"
set=02-two
commit $'bpf: second, with a subject that is so long that it has to be folded – twice, in fact, or so\n\n[not a tag]\nindex 0123456..789abcd\n\n  indented\n# no comment' \
	's/return 32;/return 320;/' kernel/bpf/b.c
works export
