//! An emulator of AWS that this project did not write, in a process of its own on the loopback
//! interface: Cognito's API, DynamoDB, Lambda and STS among others.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use aws::sdk::{self, Patience, Region, SdkConfig};
use aws_sdk_cognitoidentityprovider::Client as Cognito;
use aws_sdk_cognitoidentityprovider::types::AttributeType;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::command::{done, json_of, python_program};
use super::{free_port, repository};

/// The file in its folder that it writes its log to.
const LOG: &str = "ministack.log";

/// Where its functions find the configuration instead of in `/opt`, which it mounts no layers at.
const CONFIGURATION: &str = "opt/analytics-config.json";

/// Unpacks the content of a function's layers into a folder, as Lambda does.
const UNPACK_LAYERS: &str = "
import boto3, io, sys, urllib.request, zipfile
functions = boto3.client('lambda')
for layer in functions.get_function_configuration(FunctionName=sys.argv[1]).get('Layers', []):
    content = functions.get_layer_version_by_arn(Arn=layer['Arn'])['Content']
    with urllib.request.urlopen(content['Location']) as archive:
        zipfile.ZipFile(io.BytesIO(archive.read())).extractall(sys.argv[2])";

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// The emulator. It ends when this is dropped.
pub struct Ministack {
    child: Child,
    url: String,
    folder: TempDir,
}

impl Ministack {
    /// Starts it. Anybody may do anything.
    pub async fn start() -> Self {
        Self::start_with("false").await
    }

    /// Starts it so that it judges who may assume a role.
    pub async fn with_authorization() -> Self {
        Self::start_with("true").await
    }

    async fn start_with(authorization: &str) -> Self {
        let program = repository(".venv-ministack/bin/python");
        assert!(
            program.exists(),
            "{} is not there: run `make test`",
            program.display()
        );
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let log = File::create(folder.path().join(LOG)).expect("a file");
        let modules = repository(".venv-node/cognito-local/node_modules");
        symlink(modules, folder.path().join("node_modules")).expect("the folder is empty");
        let path = std::env::var("PATH").expect("there is one");
        let child = Command::new(program)
            .arg("-B")
            .arg(repository("tests/python/emulator.py"))
            // What Lambda has of Node.js: functions look for modules above their own folders, which are in here.
            .env(
                "PATH",
                format!("{}:{path}", repository(".venv-node").display()),
            )
            .current_dir(folder.path())
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("IOT_MTLS_ENABLED", "0")
            .env("AUTH", authorization)
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("TMPDIR", folder.path())
            .env("STATE_DIR", folder.path())
            .env("S3_DATA_DIR", folder.path())
            .env("ANALYTICS_CONFIG_FILE", folder.path().join(CONFIGURATION))
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("it can be run");
        let ministack = Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
            folder,
        };
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            assert!(began.elapsed() < PATIENCE, "ministack does not start");
            tokio::task::yield_now().await;
        }
        ministack
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it has logged, its functions' logs among it.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default()
    }

    /// The key that a pool signs ID tokens with, in PEM.
    pub fn signing_key(&self, pool: &str) -> String {
        let keys = self.folder.path().join("cognito-pool-keys");
        let key = std::fs::read_to_string(keys.join(format!("{pool}-id.pem")));
        key.expect("it has signed")
    }

    /// What its clients are made with.
    pub fn sdk(&self) -> SdkConfig {
        sdk::on_loopback(&self.url, Patience::BEHIND_THE_LOG)
    }

    /// A client of its Cognito.
    pub fn cognito(&self) -> Cognito {
        Cognito::new(&self.sdk())
    }

    /// A new user pool's id.
    pub async fn user_pool(&self) -> String {
        let made = self
            .cognito()
            .create_user_pool()
            .pool_name("tests")
            .send()
            .await;
        let pool = made
            .expect("a pool is made")
            .user_pool
            .expect("it is told of");
        pool.id.expect("it has an id")
    }

    /// A new app client's id.
    pub async fn app_client(&self, pool: &str) -> String {
        let create = self.cognito().create_user_pool_client();
        let made = create.user_pool_id(pool).client_name("app").send().await;
        let client = made.expect("a client is made").user_pool_client;
        client
            .and_then(|client| client.client_id)
            .expect("it has an id")
    }

    /// Makes a function that nobody will invoke: its code is an empty archive. It has the role
    /// `functions`, which must be there where permissions are enforced.
    pub async fn function(&self, name: &str) {
        Self::function_of(&self.sdk(), name).await;
    }

    /// The same, in another Region.
    pub async fn function_in(&self, region: &'static str, name: &str) {
        let there = self.sdk().into_builder();
        let there = there.region(Region::from_static(region)).build();
        Self::function_of(&there, name).await;
    }

    async fn function_of(sdk: &SdkConfig, name: &str) {
        let empty = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
        let code = FunctionCode::builder().zip_file(Blob::new(empty)).build();
        let create = Lambda::new(sdk).create_function();
        let create = create.function_name(name).code(code);
        let create = create.runtime(Runtime::Providedal2023).handler("bootstrap");
        let role = "arn:aws:iam::000000000000:role/functions";
        create.role(role).send().await.expect("a function is made");
    }

    /// Makes a role that may be assumed by whom this policy trusts.
    pub fn role(&self, name: &str, trust: &str) {
        let role = ["iam", "create-role", "--role-name", name];
        self.aws(
            role.into_iter()
                .chain(["--assume-role-policy-document", trust]),
        );
    }

    /// Gives its functions what this one's layers hold. Those that run already keep what they have.
    pub fn mount_layers(&self, function: &str) {
        let mut unpack = python_program("python");
        unpack
            .args(["-c", UNPACK_LAYERS, function])
            .arg(self.configuration().with_file_name(""))
            .env("AWS_ENDPOINT_URL", &self.url);
        done(&mut unpack);
    }

    /// The file that its functions read their configuration from.
    pub fn configuration(&self) -> PathBuf {
        self.folder.path().join(CONFIGURATION)
    }

    /// All the records of a table's stream, as Lambda hands them out.
    pub fn records(&self, table: &str) -> Vec<Value> {
        let ask = |what: String| self.aws(format!("dynamodbstreams {what}").split(' '));
        let text = |value: &Value| value.as_str().expect("it is told").to_owned();
        let streams = ask(format!("list-streams --table-name {table}"));
        let stream = text(&streams["Streams"][0]["StreamArn"]);
        let described = ask(format!("describe-stream --stream-arn {stream}"));
        let shard = text(&described["StreamDescription"]["Shards"][0]["ShardId"]);
        let place = format!("--shard-id {shard} --shard-iterator-type TRIM_HORIZON");
        let begin = ask(format!("get-shard-iterator --stream-arn {stream} {place}"));
        let iterator = text(&begin["ShardIterator"]);
        let got = ask(format!("get-records --shard-iterator {iterator}"));
        let records = got["Records"].as_array().expect("it is a list").iter();
        let with_source = |record: &Value| {
            let mut record = record.clone();
            record["eventSourceARN"] = json!(stream);
            record
        };
        records.map(with_source).collect()
    }

    /// What the AWS CLI prints.
    fn aws<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Value {
        let mut aws = python_program("aws");
        json_of(aws.args(["--endpoint-url", &self.url]).args(arguments))
    }

    /// Stops it: connections are still taken, and nothing is answered.
    pub fn stop(&self) {
        self.signal("-STOP");
        while !self.state().starts_with('T') {
            std::thread::yield_now();
        }
    }

    /// Lets it go on where it was stopped.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    /// Ends it, and all that it holds is gone.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    fn signal(&self, signal: &str) {
        let kill = format!("kill {signal} {}", self.child.id());
        let killed = Command::new("/bin/sh").args(["-c", &kill]).status();
        assert!(killed.expect("it can be run").success(), "{signal}");
    }

    /// The state of its process: `T` is a stopped one's.
    fn state(&self) -> String {
        let told = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let told = told.expect("it runs");
        let after_name = told.rsplit(')').next().expect("it has a name");
        after_name.trim_start().to_owned()
    }

    /// A new user's `sub`.
    pub async fn user(&self, pool: &str, name: &str, attributes: &[(&str, &str)]) -> String {
        let create = self
            .cognito()
            .admin_create_user()
            .user_pool_id(pool)
            .username(name);
        let create = attributes.iter().fold(create, |create, (name, value)| {
            create.user_attributes(attribute(name, value))
        });
        let user = create.send().await.expect("a user is made").user;
        let attributes = user.expect("it is told of").attributes.unwrap_or_default();
        let sub = attributes
            .into_iter()
            .find(|attribute| attribute.name == "sub");
        sub.and_then(|sub| sub.value).expect("a user has a sub")
    }
}

/// An attribute of a user.
pub fn attribute(name: &str, value: &str) -> AttributeType {
    let attribute = AttributeType::builder().name(name).value(value).build();
    attribute.expect("it has a name")
}

impl Drop for Ministack {
    fn drop(&mut self) {
        self.kill();
    }
}
