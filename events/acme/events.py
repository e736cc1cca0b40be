"""Prints the trigger events of "Acme App", which is made up, as JSON Lines that `cognito-pinpoint replay` takes.

Its users sign up more and more, most of all after a campaign; many leave within a week and some stay. It has a web page,
two mobile apps and a portal for partners, native and federated users, and tenants. One release cannot sign in on Android
for a day and a half, and in one night somebody tries stolen passwords. The same seed and the same last moment print the
same lines. With --annotations, what happened when is printed instead: a date, a tab and a text a line.
"""

import argparse
import json
import math
import random
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

POOL = "eu-west-1_ACME11111"
WEB, IOS, ANDROID, PARTNER = (f"{number}acmeexample23456789" for number in range(1, 5))
PLATFORMS = {WEB: "web", IOS: "iOS", ANDROID: "Android", PARTNER: "web"}
LOCALES = {"de_DE": 38, "en_US": 27, "en_GB": 12, "fr_FR": 10, "es_ES": 7, "pt_BR": 4, "ja_JP": 2}
TENANTS = {"alpine": 30, "borealis": 22, "cobalt": 15, "dunes": 9, "ember": 6, "fjord": 4, None: 14}

# The share of a period of 90 days that has passed when something happens; it has its shape in fewer days too.
RELEASES = {"2.0.0": -1.0, "2.1.0": 0.16, "2.2.0": 0.38, "2.3.0": 0.58, "2.4.0": 0.79}
FAILED, FIX = "2.4.0", "2.4.1"
FAILED_FOR = timedelta(hours=36)
CAMPAIGN = 0.62
STUFFING = 0.87

# How many act in an hour of the day, where most of them live: near enough to Berlin all year.
LOCAL = timezone(timedelta(hours=1))
HOURS = [2, 1, 1, 1, 1, 3, 8, 16, 26, 30, 29, 27, 24, 26, 28, 27, 25, 23, 22, 24, 25, 21, 13, 6]
WEEKEND = {WEB: 0.5, IOS: 0.9, ANDROID: 0.95, PARTNER: 0.12}
WRONG_PASSWORD = 0.085


@dataclass
class Habit:
    """How often somebody comes on a day, and after how many days they have half left."""

    share: int
    daily: float
    half_life: float


HABITS = [Habit(24, 0.03, 2), Habit(31, 0.30, 3), Habit(29, 0.17, 28), Habit(16, 0.52, 160)]


@dataclass
class User:
    """Somebody, with the apps that they use and the moment at which they signed up."""

    number: int
    joined: datetime
    clients: list
    provider: str
    locale: str
    tenant: str
    habit: Habit
    patience: float

    def name(self):
        sub = f"{self.number:08x}-acce-4000-8000-{self.number:012x}"
        return sub if self.provider == "Cognito" else f"{self.provider.lower()}_{10**11 + self.number}"

    def attributes(self):
        native = self.provider == "Cognito"
        attributes = {
            "sub": f"{self.number:08x}-acce-4000-8000-{self.number:012x}",
            "cognito:user_status": "CONFIRMED" if native else "EXTERNAL_PROVIDER",
            "email_verified": "true" if native else "false",
            "email": f"user{self.number}@example.test",
        }
        if self.tenant:
            attributes["custom:tenant"] = self.tenant
        if not native:
            kind = "SAML" if self.provider == "AcmeSAML" else self.provider
            identity = {"userId": str(10**11 + self.number), "providerName": self.provider, "providerType": kind}
            attributes["identities"] = json.dumps([identity])
        return attributes


def trigger(source, client, request, name):
    return {
        "version": "1",
        "region": "eu-west-1",
        "userPoolId": POOL,
        "userName": name,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client},
        "triggerSource": source,
        "request": request,
        "response": {},
    }


class Acme:
    """The app over a number of days, and all that happens in it."""

    def __init__(self, arguments):
        self.chance = random.Random(arguments.seed)
        self.until = arguments.until
        self.days = arguments.days
        last = self.until.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
        self.start = last - timedelta(days=self.days - 1)
        self.entries = []
        self.users = self.people(arguments.users)

    # What happens when.

    def day(self, share):
        return int(share * self.days)

    def at(self, share, hour):
        return self.start + timedelta(days=self.day(share), hours=hour)

    def released(self, version):
        return self.at(RELEASES[FAILED], 10) + FAILED_FOR if version == FIX else self.at(RELEASES[version], 10)

    def annotations(self):
        yield self.released("2.2.0"), "v2.2.0 released"
        yield self.released("2.3.0"), "v2.3.0 released"
        yield self.at(CAMPAIGN, 9), "Newsletter campaign"
        yield self.released(FAILED), "v2.4.0 released"
        yield self.released(FIX), "v2.4.1: sign-in on Android fixed"
        yield self.at(STUFFING, 1), "Credential stuffing from one network; blocked at 04:00"

    # Who there is.

    def people(self, count):
        weights = [self.sign_ups(day) for day in range(self.days)]
        days = sorted(self.chance.choices(range(self.days), weights, k=count))
        return [self.person(number, day) for number, day in enumerate(days, 1)]

    def sign_ups(self, day):
        weekend = (self.start + timedelta(days=day)).weekday() >= 5
        since_campaign = day - self.day(CAMPAIGN)
        campaign = 1 + 3.2 * math.exp(-since_campaign / 2.2) if since_campaign >= 0 else 1
        return math.exp(1.1 * day / self.days) * (0.62 if weekend else 1) * campaign

    def person(self, number, day):
        client = self.chance.choices([WEB, IOS, ANDROID, PARTNER], [42, 27, 25, 6])[0]
        clients = [client]
        if client == WEB and self.chance.random() < 0.3:
            clients.append(self.chance.choice([IOS, ANDROID]))
        provider = "AcmeSAML" if client == PARTNER else self.chance.choices(["Cognito", "Google"], [71, 29])[0]
        return User(
            number=number,
            joined=self.moment(day),
            clients=clients,
            provider=provider,
            locale=self.drawn(LOCALES),
            tenant=self.drawn(TENANTS),
            habit=self.chance.choices(HABITS, [habit.share for habit in HABITS])[0],
            patience=self.chance.expovariate(1),
        )

    def drawn(self, weights):
        return self.chance.choices(list(weights), weights.values())[0]

    def moment(self, day):
        hour = self.chance.choices(range(24), HOURS)[0]
        return self.start + timedelta(days=day, hours=hour, milliseconds=self.chance.randrange(3_600_000))

    # What they do.

    def live(self):
        for user in self.users:
            self.sign_up(user)
            for day in range((user.joined - self.start).days + 1, self.days):
                if self.chance.random() < self.likelihood(user, day):
                    self.visit(user, self.chance.choice(user.clients), self.moment(day))
        self.stuff_credentials()

    def likelihood(self, user, day):
        today = self.start + timedelta(days=day)
        weekend = WEEKEND[user.clients[0]] if today.weekday() >= 5 else 1
        return user.habit.daily * weekend * 0.5 ** ((today - user.joined).days / user.habit.half_life)

    def sign_up(self, user):
        client = user.clients[0]
        self.happens(user, client, user.joined, "PostConfirmation_ConfirmSignUp")
        if user.provider == "Cognito":
            self.sign_in(user, client, user.joined + timedelta(seconds=self.chance.randrange(5, 90)))

    def visit(self, user, client, at):
        often = 0.75 if PLATFORMS[client] == "web" else 0.45
        if self.is_broken(user, client, at) or self.chance.random() < often:
            self.sign_in(user, client, at)
        else:
            self.happens(user, client, at, "TokenGeneration_RefreshTokens")

    def sign_in(self, user, client, at):
        """A wrong password, now and then, and the right one later than an attempt stays open."""
        if self.is_broken(user, client, at):
            self.fail(user, client, at)
            return
        if user.provider == "Cognito" and self.chance.random() < WRONG_PASSWORD:
            self.happens(user, client, at, "PreAuthentication_Authentication")
            at += timedelta(seconds=self.chance.randrange(230, 900))
        elif self.chance.random() < 0.06:
            self.happens(user, client, at - timedelta(seconds=2), "PreAuthentication_Authentication")
        self.happens(user, client, at, "PostAuthentication_Authentication")

    def is_broken(self, user, client, at):
        return client == ANDROID and at < self.released(FIX) and self.version(user, client, at) == FAILED

    def fail(self, user, client, at):
        for _ in range(self.chance.randrange(1, 4)):
            self.happens(user, client, at, "PreAuthentication_Authentication")
            at += timedelta(seconds=self.chance.randrange(240, 1500))

    def stuff_credentials(self):
        """Stolen passwords tried in three hours of a night: half of the names are known here."""
        night = self.at(STUFFING, 1)
        known = [user for user in self.users if user.joined < night and user.provider == "Cognito"]
        tries = len(self.users) // 6
        for number in range(tries):
            at = night + timedelta(seconds=3 * 3600 * self.chance.betavariate(2, 2.5))
            if number % 2 and known:
                user = self.chance.choice(known)
                request = {"userAttributes": user.attributes(), "validationData": None}
                name = user.name()
            else:
                request = {"userAttributes": None, "validationData": None, "userNotFound": True}
                name = f"stolen{number}"
            self.entries.append((at, trigger("PreAuthentication_Authentication", WEB, request, name)))

    def version(self, user, client, at):
        """A web page is new at once; an app when its user updates it, and sooner where it does not work."""
        version = "2.0.0"
        for release in [*RELEASES, FIX]:
            days = user.patience * (1 if release in (FAILED, FIX) else 5)
            waits = PLATFORMS[client] != "web" and self.released(release) > user.joined
            if at >= self.released(release) + timedelta(days=days if waits else 0):
                version = release
        return version

    def happens(self, user, client, at, source):
        metadata = {
            "platform": PLATFORMS[client],
            "appVersion": self.version(user, client, at),
            "locale": user.locale,
        }
        request = {"userAttributes": user.attributes()}
        request["validationData" if source.startswith("Pre") else "clientMetadata"] = metadata
        self.entries.append((at, trigger(source, client, request, user.name())))


def moment(text):
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--until", type=moment, default=datetime.now(timezone.utc), help="the last moment (now)")
    parser.add_argument("--days", type=int, default=90, help="how many days, the last one with them (90)")
    parser.add_argument("--users", type=int, default=2000, help="how many sign up (2000)")
    parser.add_argument("--seed", type=int, default=1, help="what chance starts from (1)")
    parser.add_argument("--annotations", action="store_true", help="print what happened when, not the events")
    arguments = parser.parse_args()
    acme = Acme(arguments)
    if arguments.annotations:
        for at, text in acme.annotations():
            print(f"{at.date()}\t{text}")
        return
    acme.live()
    for at, event in sorted(acme.entries, key=lambda entry: entry[0]):
        if at <= acme.until:
            print(json.dumps({"time": at.astimezone(timezone.utc).isoformat(timespec="milliseconds"), "event": event}))


if __name__ == "__main__":
    sys.exit(main())
