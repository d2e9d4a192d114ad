//! What is known of services without a dependency on any of them: what their operations have told so far.

use std::sync::{PoisonError, RwLock};

use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::endpoint_config::EndpointUrl;

/// The services that a client has been used for.
#[derive(Debug, Default)]
pub(super) struct Services(RwLock<Vec<Service>>);

#[derive(Debug)]
struct Service {
    id: String,
    /// The endpoints that the program has set.
    endpoints: Vec<String>,
}

impl Services {
    /// Keeps the service that an operation is one of, and its endpoint.
    pub(super) fn learn(&self, bag: &ConfigBag) {
        let Some(metadata) = bag.load::<Metadata>() else { return };
        let id = metadata.service();
        let endpoint = bag.load::<EndpointUrl>().map(|endpoint| endpoint.0.as_str());
        let services = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if services.iter().any(|service| service.id == id && service.knows(endpoint)) {
            return;
        }
        drop(services);
        let mut services = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let known = services.iter().position(|service| service.id == id);
        let known = known.unwrap_or_else(|| {
            services.push(Service { id: id.to_owned(), endpoints: Vec::new() });
            services.len() - 1
        });
        if !services[known].knows(endpoint) {
            services[known].endpoints.extend(endpoint.map(str::to_owned));
        }
    }

    /// The id of the service that calls itself `agent` in the user agent, where its id has no spaces and capitals.
    pub(super) fn id(&self, agent: &str) -> String {
        let services = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let service = services.iter().find(|service| letters(&service.id).eq(letters(agent)));
        service.map_or(agent, |service| &service.id).to_owned()
    }

    /// Hands the endpoints of a service to `work`.
    pub(super) fn with_endpoints<R>(&self, id: &str, work: impl FnOnce(&[String]) -> R) -> R {
        let services = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let service = services.iter().find(|service| service.id == id);
        work(service.map_or(&[], |service| &service.endpoints))
    }
}

impl Service {
    fn knows(&self, endpoint: Option<&str>) -> bool {
        // A program that makes endpoints up as it goes must not fill the memory.
        endpoint.is_none_or(|endpoint| self.endpoints.len() >= MOST || self.endpoints.iter().any(|url| url == endpoint))
    }
}

const MOST: usize = 16;

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|character| character.is_alphanumeric()).map(|character| character.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::config_bag::Layer;

    use super::*;

    fn bag(id: &'static str, endpoint: Option<&str>) -> ConfigBag {
        let mut layer = Layer::new("test");
        layer.store_put(Metadata::new("Operation", id));
        layer.store_or_unset(endpoint.map(|endpoint| EndpointUrl(endpoint.to_owned())));
        ConfigBag::of_layers(vec![layer])
    }

    #[test]
    fn a_service_is_known_by_its_name_in_the_user_agent() {
        let services = Services::default();
        for id in ["DynamoDB", "Secrets Manager", "S3", "S3 Control", "DynamoDB"] {
            services.learn(&bag(id, None));
        }
        for (agent, id) in [
            ("dynamodb", "DynamoDB"),
            ("secretsmanager", "Secrets Manager"),
            ("s3control", "S3 Control"),
            ("s3", "S3"),
            ("unknown", "unknown"),
        ] {
            assert_eq!(services.id(agent), id);
        }
        assert_eq!(services.0.read().unwrap().len(), 4);
    }

    #[test]
    fn endpoints_are_kept_once_and_not_for_ever() {
        let services = Services::default();
        for endpoint in [Some("http://a"), Some("http://a"), None, Some("http://b")] {
            services.learn(&bag("S3", endpoint));
        }
        services.with_endpoints("S3", |endpoints| assert_eq!(endpoints, ["http://a", "http://b"]));
        services.with_endpoints("SQS", |endpoints| assert!(endpoints.is_empty()));
        for number in 0..100 {
            services.learn(&bag("S3", Some(&format!("http://{number}"))));
        }
        services.with_endpoints("S3", |endpoints| assert_eq!(endpoints.len(), MOST));
    }
}
