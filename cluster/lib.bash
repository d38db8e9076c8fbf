# Shared by the scripts that make a cluster out of network namespaces; to be sourced.
#
# A node is a network namespace with one interface on a common bridge, an address and a hosts file of
# its own. Its host name is set in a UTS namespace of whatever runs on it (cluster/on). Names and
# addresses are the defaults of these variables; a prefix per cluster lets two of them stand side by side.

# Node i is called $CLUSTER_PREFIX$i.
: "${CLUSTER_PREFIX:=mmnode}"
# Node i has the address $CLUSTER_NETWORK.i, the machine itself $CLUSTER_NETWORK.254.
: "${CLUSTER_NETWORK:=10.77.0}"
# At most 15 characters, as the kernel has it.
CLUSTER_BRIDGE="br-$CLUSTER_PREFIX"
export CLUSTER_PREFIX CLUSTER_NETWORK

# Ends a script with a message: the first argument is the exit code.
fail() {
  local code=$1
  shift
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit "$code"
}

# Ends a script unless namespaces can be made: the exit code and the reason are told.
require_namespaces() {
  local reason
  reason=$(namespaces_missing) || return 0
  fail 2 "$reason"
}

# Prints why network namespaces cannot be made; fails where they can.
namespaces_missing() {
  local command probe="probe-$$"
  if [[ $(id -u) -ne 0 ]]; then
    echo "network namespaces need root"
    return
  fi
  for command in ip unshare nsenter; do
    command -v "$command" >/dev/null || {
      echo "the command $command is missing (packages iproute2 and util-linux)"
      return
    }
  done
  # Root of a container may lack the capabilities, and a kernel may lack bridges.
  if ! ip netns add "$probe" 2>/dev/null; then
    echo "network namespaces cannot be made here (CAP_SYS_ADMIN)"
    return
  fi
  local missing=
  ip -n "$probe" link add br0 type bridge 2>/dev/null || missing=bridges
  ip -n "$probe" link add v0 type veth peer name v1 2>/dev/null || missing="pairs of interfaces (veth)"
  ip netns del "$probe"
  [[ -n $missing ]] || return 1
  echo "the kernel cannot make $missing"
}

# The nodes that are there, one a line.
cluster_nodes() {
  ip netns list | awk -v prefix="$CLUSTER_PREFIX" \
    'index($1, prefix) == 1 && substr($1, length(prefix) + 1) ~ /^[0-9]+$/ { print $1 }' | sort -V
}
