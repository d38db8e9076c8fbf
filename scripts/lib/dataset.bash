# The dataset of scripts that are not told one; to be sourced after common.bash, from the root.

# Prints the fingerprint that a dataset.json or a results.json holds.
fingerprint() { sed -n 's/.*"fingerprint" *: *"\([0-9a-f]*\)".*/\1/p' "$1"; }

# Prints the directory of MovieLens-1M, if there is one: $MOVIELENS_DIR where it is set (to nothing, for
# synthetic data), otherwise ../shared/data/ml-1m or data/ml-1m.
movielens_directory() {
  local directory
  if [[ -v MOVIELENS_DIR ]]; then
    echo "$MOVIELENS_DIR"
    return
  fi
  for directory in ../shared/data/ml-1m data/ml-1m; do
    [[ ! -d $directory ]] || { echo "$directory" && return; }
  done
}

# Ends a script, before anything is built, if $MOVIELENS_DIR names a directory without MovieLens.
check_movielens_directory() {
  local directory=${MOVIELENS_DIR-} file
  [[ -n $directory ]] || return 0
  for file in users.dat ratings.dat u.user u.data; do
    [[ ! -f $directory/$file ]] || return 0
  done
  fail 2 "MOVIELENS_DIR: expected a directory with users.dat and ratings.dat, or u.user and u.data," \
    "found none at $directory"
}

# Prepares the default dataset, MovieLens-1M by gender if it is there and synthetic data otherwise, and
# sets `dataset` to its directory, data/NAME-FINGERPRINT. Preparing takes seconds, so it is done anew
# each time; a directory that holds the same data already is used as it is.
prepare_default_dataset() {
  local program=$1 name source sum
  source=$(movielens_directory)
  mkdir -p data
  # Not local: it is removed however the script ends, by an interrupt too.
  # What is prepared gets its name at the end: the program's last line, with a temporary one, is left out.
  partial=$(mktemp -d data/.prepare.XXXXXX)
  trap 'rm -rf "$partial"' EXIT
  if [[ -n $source ]]; then
    say "Data: MovieLens in $source, a domain per gender"
    name=movielens-gender
    "$program" prepare movielens --input "$source" --by gender --output "$partial/dataset" | sed '$d'
  else
    say "Data: synthetic, for want of MovieLens-1M (scripts/fetch-movielens downloads it)"
    name=synthetic
    "$program" synthesize --output "$partial/dataset" | sed '$d'
  fi || exit # The program has told why.
  sum=$(fingerprint "$partial/dataset/dataset.json")
  dataset=data/$name-${sum:0:12}
  if [[ -f $dataset/dataset.json && $(fingerprint "$dataset/dataset.json") == "$sum" ]]; then
    rm -rf "$partial"
    say "Dataset: $dataset, which was there already"
  else
    mv -T "$partial/dataset" "$dataset"
    rmdir "$partial"
    say "Dataset: $dataset"
  fi
  trap - EXIT
}
