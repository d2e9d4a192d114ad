//! The errors of MySQL and MariaDB that programs see.

/// What the message of an error consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Names of tables, columns, users, and numbers of things.
    Names,
    /// The place in the statement, quoted.
    Syntax,
    /// A value, then the name of a key.
    Entry,
    /// Possibly a value.
    Unknown,
}

/// The name of an error, and what its message consists of; `None` if it is a rare one.
///
/// See <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html> and
/// <https://mariadb.com/kb/en/mariadb-error-code-reference/>.
pub(super) fn of(code: u16) -> Option<(&'static str, Words)> {
    CONDITIONS.iter().find(|(known, ..)| *known == code).map(|(_, name, words)| (*name, *words))
}

const CONDITIONS: &[(u16, &str, Words)] = &[
    (1040, "ER_CON_COUNT_ERROR", Words::Names),
    (1044, "ER_DBACCESS_DENIED_ERROR", Words::Names),
    (1045, "ER_ACCESS_DENIED_ERROR", Words::Names),
    (1046, "ER_NO_DB_ERROR", Words::Names),
    (1048, "ER_BAD_NULL_ERROR", Words::Names),
    (1049, "ER_BAD_DB_ERROR", Words::Names),
    (1050, "ER_TABLE_EXISTS_ERROR", Words::Names),
    (1051, "ER_BAD_TABLE_ERROR", Words::Names),
    (1052, "ER_NON_UNIQ_ERROR", Words::Names),
    (1053, "ER_SERVER_SHUTDOWN", Words::Names),
    (1054, "ER_BAD_FIELD_ERROR", Words::Names),
    (1060, "ER_DUP_FIELDNAME", Words::Names),
    (1061, "ER_DUP_KEYNAME", Words::Names),
    (1062, "ER_DUP_ENTRY", Words::Entry),
    (1064, "ER_PARSE_ERROR", Words::Syntax),
    (1065, "ER_EMPTY_QUERY", Words::Names),
    (1091, "ER_CANT_DROP_FIELD_OR_KEY", Words::Names),
    (1109, "ER_UNKNOWN_TABLE", Words::Names),
    (1136, "ER_WRONG_VALUE_COUNT_ON_ROW", Words::Names),
    (1142, "ER_TABLEACCESS_DENIED_ERROR", Words::Names),
    (1143, "ER_COLUMNACCESS_DENIED_ERROR", Words::Names),
    (1146, "ER_NO_SUCH_TABLE", Words::Names),
    (1153, "ER_NET_PACKET_TOO_LARGE", Words::Names),
    (1203, "ER_TOO_MANY_USER_CONNECTIONS", Words::Names),
    (1205, "ER_LOCK_WAIT_TIMEOUT", Words::Names),
    (1213, "ER_LOCK_DEADLOCK", Words::Names),
    (1222, "ER_WRONG_NUMBER_OF_COLUMNS_IN_SELECT", Words::Names),
    (1241, "ER_OPERAND_COLUMNS", Words::Names),
    (1242, "ER_SUBQUERY_NO_1_ROW", Words::Names),
    (1264, "ER_WARN_DATA_OUT_OF_RANGE", Words::Names),
    (1265, "WARN_DATA_TRUNCATED", Words::Names),
    (1290, "ER_OPTION_PREVENTS_STATEMENT", Words::Names),
    (1292, "ER_TRUNCATED_WRONG_VALUE", Words::Unknown),
    (1295, "ER_UNSUPPORTED_PS", Words::Names),
    (1305, "ER_SP_DOES_NOT_EXIST", Words::Names),
    (1317, "ER_QUERY_INTERRUPTED", Words::Names),
    (1364, "ER_NO_DEFAULT_FOR_FIELD", Words::Names),
    (1365, "ER_DIVISION_BY_ZERO", Words::Names),
    (1366, "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD", Words::Unknown),
    (1406, "ER_DATA_TOO_LONG", Words::Names),
    (1451, "ER_ROW_IS_REFERENCED_2", Words::Names),
    (1452, "ER_NO_REFERENCED_ROW_2", Words::Names),
    (1586, "ER_DUP_ENTRY_WITH_KEY_NAME", Words::Entry),
    (1644, "ER_SIGNAL_EXCEPTION", Words::Unknown),
    (1690, "ER_DATA_OUT_OF_RANGE", Words::Unknown),
    (1792, "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION", Words::Names),
    (1927, "ER_CONNECTION_KILLED", Words::Names),
    (1969, "ER_STATEMENT_TIMEOUT", Words::Names),
    (3024, "ER_QUERY_TIMEOUT", Words::Names),
    (3819, "ER_CHECK_CONSTRAINT_VIOLATED", Words::Names),
    (4025, "ER_CONSTRAINT_FAILED", Words::Names),
];
