//! The table: for each service what X-Ray's SDKs record of it.
//!
//! The rows are those of the whitelists of the AWS X-Ray SDKs for Python, Node.js and Java, by the names of the services'
//! APIs, without what may hold data: attribute values, item collection keys, policies, queue attributes.

use super::{ACCOUNT_ID, Parameter};

pub(super) struct Operation {
    /// The operations that this row is for; empty for all others of the service.
    names: &'static [&'static str],
    pub(super) request: &'static [Parameter],
    pub(super) response: &'static [Parameter],
}

/// The row of an operation, if its service is in the table.
pub(super) fn find(service: &str, operation: &str) -> Option<&'static Operation> {
    let (_, operations) = SERVICES.iter().find(|(id, _)| *id == service)?;
    operations.iter().find(|row| row.names.is_empty() || row.names.contains(&operation))
}

/// Whether the endpoint of an operation has a bucket in it.
pub(crate) fn has_bucket(service: &str, operation: &str) -> bool {
    service == S3_ID && find(service, operation).is_some_and(|row| !row.request.is_empty())
}

/// The services by their ids.
static SERVICES: [(&str, &[Operation]); 6] = [
    ("DynamoDB", DYNAMODB),
    (S3_ID, S3),
    ("SQS", SQS),
    ("SNS", SNS),
    ("Lambda", LAMBDA),
    ("SageMaker Runtime", SAGEMAKER_RUNTIME),
];

const S3_ID: &str = "S3";

const DYNAMODB: &[Operation] = &[
    row(&["GetItem"], &[CONSISTENT_READ, PROJECTION_EXPRESSION, TABLE_NAME], &[CONSUMED_CAPACITY]),
    row(&["PutItem", "UpdateItem", "DeleteItem"], &[TABLE_NAME], &[CONSUMED_CAPACITY]),
    row(&["BatchGetItem", "BatchWriteItem"], &[Parameter::keys("RequestItems", "table_names")], &[CONSUMED_CAPACITY]),
    row(
        &["Query", "Scan"],
        &[
            Parameter::value("AttributesToGet", "attributes_to_get"),
            CONSISTENT_READ,
            Parameter::value("IndexName", "index_name"),
            Parameter::value("Limit", "limit"),
            PROJECTION_EXPRESSION,
            Parameter::value("ScanIndexForward", "scan_index_forward"),
            Parameter::value("Segment", "segment"),
            Parameter::value("Select", "select"),
            TABLE_NAME,
            Parameter::value("TotalSegments", "total_segments"),
        ],
        &[CONSUMED_CAPACITY, Parameter::value("Count", "count"), Parameter::value("ScannedCount", "scanned_count")],
    ),
    row(
        &["CreateTable"],
        &[
            Parameter::value("GlobalSecondaryIndexes", "global_secondary_indexes"),
            Parameter::value("LocalSecondaryIndexes", "local_secondary_indexes"),
            PROVISIONED_THROUGHPUT,
            TABLE_NAME,
        ],
        &[],
    ),
    row(
        &["UpdateTable"],
        &[
            Parameter::value("AttributeDefinitions", "attribute_definitions"),
            Parameter::value("GlobalSecondaryIndexUpdates", "global_secondary_index_updates"),
            PROVISIONED_THROUGHPUT,
            TABLE_NAME,
        ],
        &[],
    ),
    row(
        &["ListTables"],
        &[
            Parameter::value("ExclusiveStartTableName", "exclusive_start_table_name"),
            Parameter::value("Limit", "limit"),
        ],
        &[Parameter::count("TableNames", "table_count")],
    ),
    row(&["TransactGetItems", "TransactWriteItems", "BatchExecuteStatement"], &[], &[CONSUMED_CAPACITY]),
    row(&[], &[TABLE_NAME], &[]),
];

const TABLE_NAME: Parameter = Parameter::value("TableName", "table_name");
const CONSISTENT_READ: Parameter = Parameter::value("ConsistentRead", "consistent_read");
const PROJECTION_EXPRESSION: Parameter = Parameter::value("ProjectionExpression", "projection_expression");
const PROVISIONED_THROUGHPUT: Parameter = Parameter::value("ProvisionedThroughput", "provisioned_throughput");
const CONSUMED_CAPACITY: Parameter = Parameter::value("ConsumedCapacity", "consumed_capacity");

/// The bucket comes with the endpoint.
const S3: &[Operation] = &[
    // Its path is its name, its host that of the request which it answers.
    row(&["WriteGetObjectResponse"], &[], &[]),
    row(
        &[],
        &[
            Parameter::path("key"),
            Parameter::query("versionId", "version_id"),
            Parameter::query("prefix", "prefix"),
            Parameter::header("x-amz-copy-source", "copy_source"),
            Parameter::header("x-amz-expected-bucket-owner", ACCOUNT_ID),
        ],
        &[],
    ),
];

const SQS: &[Operation] = &[
    row(
        &["SendMessage"],
        &[
            Parameter::value("DelaySeconds", "delay_seconds"),
            Parameter::keys("MessageAttributes", "message_attribute_names"),
            QUEUE_URL,
        ],
        &[Parameter::value("MessageId", "message_id")],
    ),
    row(
        &["SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"],
        &[Parameter::count("Entries", "message_count"), QUEUE_URL],
        &[Parameter::count("Failed", "failed_count"), Parameter::count("Successful", "successful_count")],
    ),
    row(
        &["ReceiveMessage"],
        &[
            ATTRIBUTE_NAMES,
            Parameter::value("MaxNumberOfMessages", "max_number_of_messages"),
            Parameter::value("MessageAttributeNames", "message_attribute_names"),
            QUEUE_URL,
            VISIBILITY_TIMEOUT,
            Parameter::value("WaitTimeSeconds", "wait_time_seconds"),
        ],
        &[Parameter::count("Messages", "message_count")],
    ),
    row(&["ChangeMessageVisibility"], &[QUEUE_URL, VISIBILITY_TIMEOUT], &[]),
    row(&["CreateQueue"], &[QUEUE_NAME], &[QUEUE_URL]),
    row(
        &["GetQueueUrl"],
        &[QUEUE_NAME, Parameter::value("QueueOwnerAWSAccountId", "queue_owner_aws_account_id")],
        &[QUEUE_URL],
    ),
    row(
        &["ListQueues"],
        &[Parameter::value("QueueNamePrefix", "queue_name_prefix")],
        &[Parameter::count("QueueUrls", "queue_count")],
    ),
    row(&["GetQueueAttributes"], &[ATTRIBUTE_NAMES, QUEUE_URL], &[]),
    row(&["SetQueueAttributes"], &[Parameter::keys("Attributes", "attribute_names"), QUEUE_URL], &[]),
    row(&["AddPermission", "RemovePermission"], &[Parameter::value("Label", "label"), QUEUE_URL], &[]),
    row(&[], &[QUEUE_URL], &[]),
];

const ATTRIBUTE_NAMES: Parameter = Parameter::value("AttributeNames", "attribute_names");
const QUEUE_NAME: Parameter = Parameter::value("QueueName", "queue_name");
const QUEUE_URL: Parameter = Parameter::value("QueueUrl", "queue_url");
const VISIBILITY_TIMEOUT: Parameter = Parameter::value("VisibilityTimeout", "visibility_timeout");

const SNS: &[Operation] = &[row(&[], &[Parameter::value("TopicArn", "topic_arn")], &[])];

const LAMBDA: &[Operation] = &[
    row(
        &["Invoke", "InvokeWithResponseStream"],
        &[
            FUNCTION_NAME,
            Parameter::header("x-amz-invocation-type", "invocation_type"),
            Parameter::header("x-amz-log-type", "log_type"),
            Parameter::query("Qualifier", "qualifier"),
        ],
        &[Parameter::header("x-amz-function-error", "function_error")],
    ),
    row(&[], &[FUNCTION_NAME], &[]),
];

const FUNCTION_NAME: Parameter = Parameter::path_after("functions", "function_name");

const SAGEMAKER_RUNTIME: &[Operation] = &[row(&[], &[Parameter::path_after("endpoints", "endpoint_name")], &[])];

const fn row(
    names: &'static [&'static str],
    request: &'static [Parameter],
    response: &'static [Parameter],
) -> Operation {
    Operation { names, request, response }
}
