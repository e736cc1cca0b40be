//! A browser, as far as a sign-in needs one: it keeps cookies, follows nothing by itself, and reaches one server
//! whatever host that is called by.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// Where it leads.
    pub fn location(&self) -> &str {
        self.headers
            .get(LOCATION)
            .map_or("", |it| it.to_str().unwrap())
    }

    /// The cookies that it sets, each with its attributes.
    pub fn cookies(&self) -> Vec<&str> {
        let set = self.headers.get_all(SET_COOKIE).into_iter();
        set.map(|it| it.to_str().unwrap()).collect()
    }
}

/// The browser, before the server at this address, which it calls by this host.
#[derive(Clone)]
pub struct Browser {
    http: Client<HttpConnector, Body>,
    address: String,
    host: String,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(url: &str, host: &str) -> Self {
        Self {
            http: Client::builder(TokioExecutor::new()).build_http(),
            address: url.trim_start_matches("http://").to_owned(),
            host: host.to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    /// The origin that the server takes for its own.
    pub fn origin(&self) -> String {
        format!("https://{}", self.host)
    }

    /// Goes to a path, or to an address on this origin.
    pub async fn get(&mut self, address: &str) -> Answer {
        self.ask(Method::GET, address, &[]).await
    }

    /// Asks with these headers, and keeps the cookies that are set.
    pub async fn ask(&mut self, method: Method, address: &str, headers: &[(&str, &str)]) -> Answer {
        let path = address.strip_prefix(&self.origin()).unwrap_or(address);
        let cookies = self.cookies.iter();
        let cookies: Vec<_> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = Request::builder().method(method).uri(self.uri(path));
        request = request.header(HOST, &self.host);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.send(request.body(Body::empty()).unwrap()).await;
        self.keep(&answer);
        answer
    }

    /// Sends a form.
    pub async fn post(&mut self, path: &str, form: String) -> Answer {
        let request = Request::post(self.uri(path)).header(HOST, &self.host);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form)).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.http.request(request).await.unwrap().into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    fn uri(&self, path: &str) -> Uri {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.cookies() {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
