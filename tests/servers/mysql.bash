# MySQL itself, with a data directory of its own: the user `app`, who needs a password, and the database `shop`.
# What Debian calls MySQL in its releases is MariaDB. This comes from Debian unstable, with every library that it needs: all of it is unpacked beside
# everything else, nothing is installed, and only this server runs with it.

mysql_install() {
    local directory="$cache/mysql"
    if [[ ! -e $directory/installed ]]; then
        printf 'Installing into %s: MySQL of Debian unstable\n' "$directory"
        (umask 022 && unpack_from_debian sid "$directory" mysql-server-core) ||
            fail "MySQL cannot be had from Debian unstable; give a server's URL in XRAY_TEST_MYSQL_URL"
        touch "$directory/installed"
    fi
    with_libraries_of "$directory"
    mysql_server=("${with_libraries[@]}" "$directory/usr/sbin/mysqld" --no-defaults --lc-messages-dir="$directory/usr/share/mysql")
}

# One statement a line. What is written need not survive a crash.
mysql_start() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    start mysql bash -ec '
        printf "%s\n" "CREATE DATABASE shop;" "CREATE USER app@'\''127.0.0.1'\'' IDENTIFIED BY '\''s3cret'\'';" "GRANT ALL ON *.* TO app@'\''127.0.0.1'\'';" >init.sql
        "$@" --initialize-insecure --datadir="$PWD/data"
        exec "$@" --datadir="$PWD/data" --port="$0" --bind-address=127.0.0.1 --socket="$PWD/socket" --pid-file="$PWD/pid" --mysqlx=OFF \
            --skip-name-resolve --skip-log-bin --secure-file-priv= --performance-schema=OFF --init-file="$PWD/init.sql"
    ' '{port}' "${mysql_server[@]}"
}

mysql_url() { echo "mysql://app:s3cret@127.0.0.1:$1/shop"; }

# The client of MariaDB speaks to both.
# shellcheck source=/dev/null
source "${BASH_SOURCE[0]%/*}/mariadb.bash"
mysql_client() { mariadb_client; }
mysql_ready() { mariadb_says "$1" 'SELECT VERSION()' | grep --invert-match --quiet MariaDB; }
