//! What is republished from, and where to: a deployed stack with its queues, or a folder.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::config::Config;
use admin::delivery::{self, queue_name};
use aws::event_log::{DynamoEventLog, RETENTION_DAYS};
use aws::forgotten::DynamoForgotten;
use aws::sdk::{self, Patience, SdkConfig};
use aws::tables::TableNames;
use aws::users::DynamoUserStates;
use chrono::Utc;
use destinations::directly::Directly;
use destinations::queue::Queues;
use destinations::senders::Senders;
use local::clock::VirtualClock;
use local::dynamodb::Served;
use pipeline::republish::{Kept, Wanted};

use crate::APPEND_BUDGET;
use crate::Failure;
use crate::account::account;
use crate::args::republish::RepublishArgs;
use crate::data_folder::{embedded, lock, stores};
use crate::replay::serve_pinpoint;
use crate::site::{self, Site, store_in};

/// What is republished from.
pub struct Origin {
    /// What is wanted.
    pub wanted: Wanted,
    /// What is configured.
    pub config: Config,
    /// The log.
    pub log: DynamoEventLog,
    /// The users' states, and who was forgotten.
    pub states: DynamoUserStates,
}

/// What delivers at once, in place of a queue.
pub struct Here {
    /// What is sent by.
    pub outbox: Directly<Senders, DynamoEventLog, DynamoForgotten>,
    _pinpoint: Served,
    _lock: File,
}

/// A stack's log, and the destination's queue.
pub async fn from_stack(config: Config, args: &RepublishArgs) -> Result<(Origin, Queues), Failure> {
    let sdk = account(&args.account).await?;
    let tables = args.account.tables();
    let origin = Origin::of(&sdk, (tables, Kept::Days(RETENTION_DAYS)), config, args).await?;
    let (stack, destination) = (args.account.stack(), &args.destination);
    let name = queue_name(stack, destination.as_str());
    let url = delivery::Queues::new(&sdk).url(&name).await?;
    let url = url.ok_or_else(|| {
        Failure::Outside(format!(
            "the stack {stack} has no queue {name}: it was deployed with a configuration in which no client sends to \
             {destination}; deploy this one (make deploy CONFIG=FILE), or look at --stack, --region and --profile"
        ))
    })?;
    Ok((origin, Queues::of_one(&sdk, url)))
}

/// A folder's log, and what delivers to its Pinpoint, and to files.
pub async fn from_folder(
    folder: &Path,
    config: Config,
    args: &RepublishArgs,
) -> Result<(Origin, Here), Failure> {
    let config = config.sending_to_pinpoint_and_files();
    if !config.destinations_in_use().contains(&args.destination) {
        return Err(Failure::Usage(format!(
            "{} is neither pinpoint nor a file, and nothing else is sent to from a folder; leave out --data-dir to \
             republish from a stack",
            args.destination
        )));
    }
    store_in(folder)?;
    let lock = lock(folder)?;
    let (store, pinpoint) = stores(Some(folder))?;
    let (sdk, tables) = (embedded(store), TableNames::default());
    let forgotten = DynamoForgotten::new(sdk::dynamodb(&sdk), tables.users.clone());
    let origin = Origin::of(&sdk, (tables, Kept::Always), config, args).await?;
    let server = serve_pinpoint(&pinpoint, &VirtualClock::new(Utc::now())).await?;
    let sdk = sdk::on_loopback(&server.url(), Patience::BEHIND_THE_LOG);
    let config = Arc::new(origin.config.clone());
    let outbox = Directly {
        destinations: Senders::new(config, sdk, Some(server.url())),
        log: origin.log.clone(),
        forgotten,
    };
    let here = Here {
        outbox,
        _pinpoint: server,
        _lock: lock,
    };
    Ok((origin, here))
}

impl Origin {
    async fn of(
        sdk: &SdkConfig,
        (tables, kept): (TableNames, Kept),
        config: Config,
        args: &RepublishArgs,
    ) -> Result<Self, Failure> {
        let log = DynamoEventLog::new(sdk::dynamodb(sdk), tables.event_log.clone(), APPEND_BUDGET);
        let site = Site::of(sdk, tables);
        let place = site::Place::new(args.data_dir.as_deref(), &args.account);
        let project = site.project(args.project.as_ref(), &place).await?;
        let is_known = config.check_destination(&args.destination, Some(&project.id));
        is_known.map_err(|error| Failure::Usage(error.to_string()))?;
        let now = Utc::now();
        let today = project.zone.day_of(now);
        let wanted = Wanted {
            project: project.id,
            zone: project.zone,
            days: (args.from.on(today), args.to.on(today)),
            destination: args.destination.clone(),
            kept,
        };
        let can_be = wanted.check(&config, now);
        can_be.map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(Self {
            wanted,
            config,
            log,
            states: site.states,
        })
    }
}
