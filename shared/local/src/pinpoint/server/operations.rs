//! Pinpoint's operations by their routes, so that one that is not served can be named.

/// The operations that the server has.
const SERVED: [&str; 19] = [
    "CreateApp",
    "GetApp",
    "GetApps",
    "DeleteApp",
    "GetApplicationSettings",
    "UpdateApplicationSettings",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
    "PutEventStream",
    "GetEventStream",
    "DeleteEventStream",
    "PutEvents",
    "UpdateEndpoint",
    "UpdateEndpointsBatch",
    "GetEndpoint",
    "DeleteEndpoint",
    "GetUserEndpoints",
    "DeleteUserEndpoints",
];

/// The operations that the server does not have, of those in the service's published model (API version
/// 2016-12-01): a line holds name, method and path, in which `*` stands for any one segment.
const NOT_SERVED: &str = include_str!("not_served.txt");

/// The name of the operation that this would be, if it is one that the server does not have.
pub(super) fn not_served(method: &str, path: &str) -> Option<&'static str> {
    NOT_SERVED.lines().find_map(|line| {
        let mut words = line.split(' ');
        let (name, of, pattern) = (words.next()?, words.next()?, words.next()?);
        (of == method && fits(pattern, path)).then_some(name)
    })
}

fn fits(pattern: &str, path: &str) -> bool {
    let wanted = pattern.split('/');
    wanted.clone().count() == path.split('/').count()
        && wanted
            .zip(path.split('/'))
            .all(|(wanted, is)| wanted == "*" && !is.is_empty() || wanted == is)
}

/// The operations that the server has, in words.
pub(super) fn served() -> String {
    match SERVED.split_last() {
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
