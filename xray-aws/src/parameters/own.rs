//! Parameters that the program adds to the table.

use super::{Message, Parameter, Put, of_message};

/// What a program wants recorded of services and operations, beside what the table has of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnParameters {
    request: Vec<Row>,
    response: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    service: &'static str,
    operation: &'static str,
    parameters: Vec<Parameter>,
}

impl OwnParameters {
    pub(crate) fn add_to_request(
        &mut self,
        service: &'static str,
        operation: &'static str,
        parameters: impl IntoIterator<Item = Parameter>,
    ) {
        self.request.push(Row { service, operation, parameters: parameters.into_iter().collect() });
    }

    pub(crate) fn add_to_response(
        &mut self,
        service: &'static str,
        operation: &'static str,
        parameters: impl IntoIterator<Item = Parameter>,
    ) {
        self.response.push(Row { service, operation, parameters: parameters.into_iter().collect() });
    }

    /// Hands the parameters of a request to `put`.
    pub(crate) fn of_request(&self, service: &str, operation: &str, request: &Message<'_>, put: Put<'_>) {
        of_rows(&self.request, service, operation, request, put);
    }

    /// Hands the parameters of a response to `put`.
    pub(crate) fn of_response(&self, service: &str, operation: &str, response: &Message<'_>, put: Put<'_>) {
        of_rows(&self.response, service, operation, response, put);
    }
}

fn of_rows(rows: &[Row], service: &str, operation: &str, message: &Message<'_>, put: Put<'_>) {
    for row in rows.iter().filter(|row| row.service == service && row.operation == operation) {
        of_message(&row.parameters, message, put);
    }
}
