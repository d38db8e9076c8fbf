# Runs that were trained before; to be sourced after common.bash and dataset.bash, from the root.

# Ends a script if a finished run is of other data or of another configuration, keys aside that no result
# depends on: check_run PROGRAM RUN DATASET [--set KEY=VALUE ...]
check_run() {
  local program=$1 run=$2 dataset=$3 expected found
  shift 3
  [[ $(fingerprint "$run/results.json") == $(fingerprint "$dataset/dataset.json") ]] ||
    fail 2 "$run: expected a run on $dataset, found one on other data; choose another --output"
  # The program tells what is wrong with either.
  expected=$("$program" configuration --deciding "$@") || exit
  found=$("$program" configuration --deciding --config "$run/config.yaml") || exit
  [[ $expected == "$found" ]] ||
    fail 2 "$run: expected the configuration of the options given, found another one;" \
      "choose another --output"
}
