# MariaDB with a data directory of its own: the user `app`, who needs a password, and the database `shop`.

mariadb_install() { need_packages mariadb_programs mariadb-server; }

# The server's directory is not in everybody's PATH.
mariadb_programs() {
    mariadb_server=$(PATH="$PATH:/usr/sbin" command -v mariadbd) && command -v mariadb-install-db >/dev/null
}

# One statement a line: of several on a line only the first is carried out.
mariadb_start() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    start mariadb bash -ec '
        printf "%s\n" "CREATE DATABASE shop;" "CREATE USER app@'\''127.0.0.1'\'' IDENTIFIED BY '\''s3cret'\'';" "GRANT ALL ON *.* TO app@'\''127.0.0.1'\'';" >init.sql
        mariadb-install-db --no-defaults --datadir="$PWD/data" --auth-root-authentication-method=normal --skip-test-db
        exec "$0" --no-defaults --datadir="$PWD/data" --port="$1" --bind-address=127.0.0.1 --socket="$PWD/socket" --pid-file="$PWD/pid" \
            --skip-name-resolve --skip-log-bin --init-file="$PWD/init.sql"
    ' "${mariadb_server:?}" '{port}'
}

mariadb_url() { echo "mysql://app:s3cret@127.0.0.1:$1/shop"; }

mariadb_client() { need_packages has_mariadb_client mariadb-client; }

# Not `mariadb-admin ping`, which succeeds before the user is there. And not with MySQL, for which there is another URL.
mariadb_ready() { mariadb_says "$1" 'SELECT VERSION()' | grep --quiet MariaDB; }

# mariadb_says URL STATEMENT
mariadb_says() {
    local authority=${1#mysql://} user host
    user=${authority%@*} host=${authority##*@}
    MYSQL_PWD="${user#*:}" mariadb --no-defaults --protocol=tcp --user="${user%%:*}" --skip-column-names \
        --host="${host%%[:/]*}" --port="$(address_port "$host")" --execute="$2" "${host#*/}" 2>/dev/null
}

has_mariadb_client() { command -v mariadb >/dev/null; }

# address_port HOST[:PORT]/DATABASE
address_port() {
    local address=${1%%/*}
    if [[ $address == *:* ]]; then echo "${address##*:}"; else echo 3306; fi
}
