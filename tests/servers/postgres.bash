# PostgreSQL with a cluster of its own: the user `app`, who needs a password, and the database `postgres`.

postgres_install() { need_packages postgres_programs postgresql; }

# Debian keeps the programs of each version in a directory of its own, outside the PATH.
postgres_programs() {
    local programs
    programs=$(command -v postgres || find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V | tail -n 1)
    programs=$(dirname "$(readlink -f "$programs")")
    [[ -x $programs/initdb ]] && postgres_bin="$programs"
}

# What is written need not survive a crash.
postgres_start() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    start postgres bash -ec '
        echo s3cret >password
        "$0/initdb" --pgdata=data --username=app --pwfile=password --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync
        exec "$0/postgres" -D data -p "$1" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$PWD" -c fsync=off
    ' "${postgres_bin:?}" '{port}'
}

postgres_url() { echo "postgresql://app:s3cret@127.0.0.1:$1/postgres"; }

postgres_client() { need_packages has_psql postgresql-client; }

postgres_ready() {
    psql --no-psqlrc --quiet --command='SELECT 1' "$1" >/dev/null 2>&1
}

has_psql() { command -v psql >/dev/null; }
