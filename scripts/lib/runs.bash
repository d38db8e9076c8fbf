# Runs that were trained before; to be sourced after common.bash and dataset.bash, from the root.

# Ends a script if a finished run is of other data or of another configuration:
# check_run PROGRAM RUN DATASET [--set KEY=VALUE ...]
check_run() {
  local program=$1 run=$2 dataset=$3
  shift 3
  [[ $(fingerprint "$run/results.json") == $(fingerprint "$dataset/dataset.json") ]] ||
    fail 2 "$run: expected a run on $dataset, found one on other data; choose another --output"
  "$program" configuration --yaml "$@" | cmp -s - "$run/config.yaml" ||
    fail 2 "$run: expected the configuration of the options given, found another one;" \
      "choose another --output"
}
