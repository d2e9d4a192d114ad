//! The `main` of a function on AWS Lambda that wants no more than to be traced.

/// Writes the `main` of a function on AWS Lambda: recorder, patching, handler and traced clients.
///
/// It installs a [`Recorder`](crate::Recorder) with what the environment says, calls [`patch_all`](crate::patch_all), and runs
/// the handler on a multi-threaded tokio runtime, each invocation in a subsegment that is named like it, `## order`. An error of
/// the set-up ends the program, which Lambda reports.
///
/// The program itself depends on `lambda_runtime` and `tokio` (features `rt-multi-thread`), and for clients on `aws-config`.
/// Whoever needs more, such as a recorder with options, writes these few lines: see [`lambda`](crate::lambda).
///
/// ```
/// use aws_xray_sdk as xray;
/// use lambda_runtime::{Error, LambdaEvent};
///
/// xray::lambda_main!(order);
///
/// async fn order(event: LambdaEvent<u64>) -> Result<u64, Error> {
///     xray::put_annotation("order", event.payload);
///     Ok(event.payload)
/// }
/// ```
///
/// # Clients
/// The crates of AWS clients may follow. Each is made once, is traced, and is handed to the handler by reference, in this
/// order. They share the configuration of the environment, or the one that is given:
///
/// ```text
/// xray::lambda_main!(order, aws_sdk_s3, aws_sdk_dynamodb);
/// // xray::lambda_main!(order, aws_config::from_env().region("eu-central-1").load().await => aws_sdk_s3, aws_sdk_dynamodb);
///
/// async fn order(event: LambdaEvent<u64>, s3: &aws_sdk_s3::Client, dynamodb: &aws_sdk_dynamodb::Client) -> Result<u64, Error>
/// ```
#[macro_export]
macro_rules! lambda_main {
    ($handler:path $(,)?) => {
        $crate::lambda_main!(@main $handler, (), {});
    };
    ($handler:path, $($client:ident),+ $(,)?) => {
        $crate::lambda_main!(
            $handler,
            ::aws_config::load_defaults(::aws_config::BehaviorVersion::latest()).await => $($client),+
        );
    };
    ($handler:path, $config:expr => $($client:ident),+ $(,)?) => {
        $crate::lambda_main!(@main $handler, ($($client),+), {
            let config = $config;
            ($($crate::aws::client!($client, &config),)+)
        });
    };
    (@main $handler:path, ($($client:ident),*), $clients:block) => {
        fn main() -> ::std::result::Result<(), ::lambda_runtime::Error> {
            $crate::Recorder::builder().install()?;
            $crate::patch_all();
            ::tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
                let ($($client,)*) = $clients;
                let service = ::lambda_runtime::service_fn(|event| $handler(event $(, &$client)*));
                let handler = $crate::lambda::handler(service).subsegment(concat!("## ", stringify!($handler)));
                ::lambda_runtime::run(handler).await
            })
        }
    };
}
