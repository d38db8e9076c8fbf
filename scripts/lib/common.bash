# Shared by the scripts; to be sourced.

# Prints what a script is about to do.
say() { printf '==> %s\n' "$*"; }

# Ends a script with a message: the first argument is the exit code.
fail() {
  local code=$1
  shift
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit "$code"
}

# Runs a command as root; a password is asked for only where somebody can type it.
as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif ! command -v sudo >/dev/null; then
    fail 1 "must be root, or have sudo, to run: $*"
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@" || fail 1 "needs root without a password to run: $*"
  fi
}

# Ends a script unless the argument has the form KEY=VALUE; whether it names a key and a value that is
# possible, only the built program knows.
check_setting() {
  [[ $1 =~ ^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*= ]] ||
    fail 2 "--set: expected KEY=VALUE, found ${1:-nothing}"
}

# Reads a list separated by commas or spaces into the array of the given name; ends the script if it is
# empty.
read_list() {
  local -n list=$1
  read -r -a list <<<"${2//,/ }"
  ((${#list[@]} > 0)) || fail 2 "--$1: expected at least one, found none"
}

# For a script without options: shows the comment at its head for --help, and refuses anything else.
refuse_arguments() {
  local script=$1
  shift
  (($#)) || return 0
  [[ $1 == -h || $1 == --help ]] || fail 2 "expected no arguments, found $*"
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "scripts/${script##*/}"
  exit 0
}
