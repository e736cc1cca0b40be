//! What goes wrong, and when: phases in which a part is quiet, unreliable or gone, and for each request a fault at random.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::partly;
use crate::support::misbehaving::{Conduct, answer};

/// What may be at fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    DynamoDb,
    Sqs,
    Pinpoint,
    Firehose,
    Kinesis,
    EventBridge,
    Webhook,
    SecretsManager,
}

impl Part {
    pub const ALL: [Self; 8] = [
        Self::DynamoDb,
        Self::Sqs,
        Self::Pinpoint,
        Self::Firehose,
        Self::Kinesis,
        Self::EventBridge,
        Self::Webhook,
        Self::SecretsManager,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "DynamoDB",
            Self::Sqs => "SQS",
            Self::Pinpoint => "Pinpoint",
            Self::Firehose => "Firehose",
            Self::Kinesis => "Kinesis",
            Self::EventBridge => "EventBridge",
            Self::Webhook => "webhook",
            Self::SecretsManager => "Secrets Manager",
        }
    }
}

/// What is wrong with one request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    Refused,
    Hanging,
    CutOff,
    Status429,
    Status500,
    Status503,
    Status403,
    Status404,
    Rubbish,
    AnswerLostAndClosed,
    AnswerLostAndHanging,
    Late,
    SomeItems,
}

impl Fault {
    /// Each with its weight: what hangs costs seconds, in which nothing else happens.
    const WEIGHED: [(Self, u32); 13] = [
        (Self::Refused, 6),
        (Self::Hanging, 1),
        (Self::CutOff, 6),
        (Self::Status429, 6),
        (Self::Status500, 6),
        (Self::Status503, 6),
        (Self::Status403, 3),
        (Self::Status404, 3),
        (Self::Rubbish, 6),
        (Self::AnswerLostAndClosed, 10),
        (Self::AnswerLostAndHanging, 1),
        (Self::Late, 6),
        (Self::SomeItems, 25),
    ];

    /// What a part may do all the time while it is down.
    const WHILE_DOWN: [Self; 7] = [
        Self::Refused,
        Self::Hanging,
        Self::Status429,
        Self::Status500,
        Self::Status503,
        Self::Status403,
        Self::Status404,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Hanging => "hanging",
            Self::CutOff => "cut off",
            Self::Status429 => "429",
            Self::Status500 => "500",
            Self::Status503 => "503",
            Self::Status403 => "403",
            Self::Status404 => "404",
            Self::Rubbish => "rubbish",
            Self::AnswerLostAndClosed => "done, answer lost",
            Self::AnswerLostAndHanging => "done, hanging",
            Self::Late => "late",
            Self::SomeItems => "some items failed",
        }
    }

    fn any(rng: &mut Rng) -> Self {
        let all: u32 = Self::WEIGHED.iter().map(|(_, weight)| weight).sum();
        let mut left = rng.u32(0..all);
        for (fault, weight) in Self::WEIGHED {
            match left.checked_sub(weight) {
                None => return fault,
                Some(rest) => left = rest,
            }
        }
        Self::Refused
    }
}

/// How it is for a while.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Phase {
    Quiet,
    /// So many of a hundred requests meet a fault.
    Unreliable(u32),
    /// One part does this with every request, and the others are a little unreliable.
    Down(Part, Fault),
}

/// The phases, each with its end, and what has happened in them.
pub struct Weather {
    begun: Instant,
    phases: Vec<(Duration, Phase)>,
    choices: BTreeMap<Part, Mutex<Rng>>,
    happened: Mutex<BTreeMap<(Part, &'static str), u64>>,
}

impl Weather {
    /// Phases of this seed for so long; after them, it is quiet.
    pub fn new(seed: u64, length: Duration) -> Arc<Self> {
        let choices = Part::ALL.into_iter().zip(1u64..);
        let choices = choices.map(|(part, number)| {
            let rng = Rng::with_seed(seed.wrapping_mul(31).wrapping_add(number));
            (part, Mutex::new(rng))
        });
        Arc::new(Self {
            begun: Instant::now(),
            phases: phases(&mut Rng::with_seed(seed), length),
            choices: choices.collect(),
            happened: Mutex::default(),
        })
    }

    /// When the last phase ends.
    pub fn length(&self) -> Duration {
        self.phases.last().map_or(Duration::ZERO, |(end, _)| *end)
    }

    /// Whether nothing goes wrong any more.
    pub fn is_over(&self) -> bool {
        self.begun.elapsed() >= self.length()
    }

    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn phase(&self) -> Phase {
        let now = self.begun.elapsed();
        let mut phases = self.phases.iter();
        let phase = phases.find(|(end, _)| now < *end);
        phase.map_or(Phase::Quiet, |(_, phase)| *phase)
    }

    /// What a part does with a request of this operation.
    pub fn conduct(&self, part: Part, operation: &str) -> Conduct {
        let mut rng = self.choices[&part].lock().expect("no task has panicked");
        let fault = match self.phase() {
            Phase::Down(down, fault) if down == part => Some(fault),
            Phase::Down(..) => (rng.u32(0..100) < 3).then(|| Fault::any(&mut rng)),
            Phase::Unreliable(of_hundred) => {
                (rng.u32(0..100) < of_hundred).then(|| Fault::any(&mut rng))
            }
            Phase::Quiet => None,
        };
        let conduct = fault.and_then(|fault| {
            let conduct = of_fault(fault, (part, operation), &mut rng)?;
            Some((fault, conduct))
        });
        let Some((fault, conduct)) = conduct else {
            return Conduct::Behave;
        };
        let mut happened = self.happened.lock().expect("no task has panicked");
        *happened.entry((part, fault.name())).or_default() += 1;
        conduct
    }

    /// How many faults there were of each kind, by part.
    pub fn happened(&self) -> BTreeMap<(Part, &'static str), u64> {
        self.happened.lock().expect("no task has panicked").clone()
    }
}

/// None is longer in a long run than in a short one by more than a few times: there is progress between them.
fn phases(rng: &mut Rng, length: Duration) -> Vec<(Duration, Phase)> {
    let longer = (length.as_secs_f64() / 25.0).clamp(1.0, 5.0);
    let (mut phases, mut end) = (Vec::new(), Duration::ZERO);
    for number in 0u32.. {
        let phase = match number % 4 {
            0 => Phase::Unreliable(8 + rng.u32(0..15)),
            1 => {
                let part = Part::ALL[rng.usize(0..Part::ALL.len())];
                let fault = Fault::WHILE_DOWN[rng.usize(0..Fault::WHILE_DOWN.len())];
                Phase::Down(part, fault)
            }
            2 => Phase::Unreliable(35 + rng.u32(0..30)),
            _ => Phase::Quiet,
        };
        let seconds = match phase {
            Phase::Quiet => 1.0,
            Phase::Unreliable(_) | Phase::Down(..) => 1.5 + 2.5 * rng.f64(),
        };
        end = (end + Duration::from_secs_f64(seconds * longer)).min(length);
        phases.push((end, phase));
        if end == length {
            break;
        }
    }
    phases
}

/// `None` if there is no such fault of that operation.
fn of_fault(fault: Fault, (part, operation): (Part, &str), rng: &mut Rng) -> Option<Conduct> {
    Some(match fault {
        Fault::Refused => Conduct::SayAndClose(Vec::new()),
        Fault::Hanging => Conduct::Silence,
        Fault::CutOff => Conduct::CutOff,
        Fault::Status429 => status("429 Too Many Requests", "ThrottlingException"),
        Fault::Status500 => status("500 Internal Server Error", "InternalServerError"),
        Fault::Status503 => status("503 Service Unavailable", "ServiceUnavailable"),
        Fault::Status403 => status("403 Forbidden", "AccessDeniedException"),
        Fault::Status404 => status("404 Not Found", "ResourceNotFoundException"),
        // A webhook's 200 is an acceptance, whatever it says.
        Fault::Rubbish if part == Part::Webhook => return None,
        Fault::Rubbish => Conduct::Say(answer("200 OK", "text/html", "<html>so it is told")),
        Fault::AnswerLostAndClosed => Conduct::LoseAnswerAndClose,
        Fault::AnswerLostAndHanging => Conduct::LoseAnswerAndHang,
        Fault::Late => Conduct::BehaveLate(Duration::from_millis(rng.u64(50..900))),
        Fault::SomeItems => {
            let partly = partly::of((part, operation), rng.u64(..))?;
            Conduct::Partly(partly)
        }
    })
}

fn status(status: &str, code: &str) -> Conduct {
    let body = format!(r#"{{"__type":"{code}","message":"so it is told"}}"#);
    Conduct::Say(answer(status, "application/x-amz-json-1.1", &body))
}
