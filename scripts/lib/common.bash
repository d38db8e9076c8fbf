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
