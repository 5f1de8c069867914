//! Everybody at Meridian, in the order of their customer ids: the cast among the drawn.

use super::cast::{Cast, CustomerId, Person};
use super::chance::{Chance, Stream};
use super::{MeridianError, Size};
use jiff::Timestamp;

/// The end of what is drawn: before the night begins, 2026-11-13T20:00:00Z.
pub(super) const DUSK: i64 = 1_794_600_000;
/// The days before it of which something is drawn.
pub(super) const DAYS: i64 = 180;

/// The most customers: their ids must lie apart far enough to be drawn.
const MOST: u64 = 100_000_000;

/// Everybody at Meridian.
#[derive(Clone, Copy)]
pub(super) struct People<'a> {
    pub(super) cast: &'a Cast,
    pub(super) size: Size,
    drawn: u64,
}

/// One customer.
pub(super) enum Account<'a> {
    /// Whom the scenario names.
    Named(&'a Person),
    /// Everybody else, by number.
    Drawn { id: CustomerId, number: u64 },
}

impl<'a> People<'a> {
    pub(super) fn of(cast: &'a Cast, size: Size) -> Result<Self, MeridianError> {
        let least = cast.people.len() as u64;
        if size.accounts < least || MOST < size.accounts {
            return Err(MeridianError::Accounts { given: size.accounts, least, most: MOST });
        }
        Ok(Self { cast, size, drawn: size.accounts - least })
    }

    /// Everybody, in the order of their ids.
    pub(super) fn all(self) -> impl Iterator<Item = Account<'a>> {
        let mut named = self.cast.people.iter().map(Account::Named).peekable();
        let mut drawn = (0..self.drawn).map(move |number| self.drawn(number)).peekable();
        std::iter::from_fn(move || match (named.peek(), drawn.peek()) {
            (Some(one), Some(other)) if other.id() < one.id() => drawn.next(),
            (Some(_), _) => named.next(),
            (None, _) => drawn.next(),
        })
    }

    /// The cast and a few of the others, evenly chosen: those who have mail, files and payments.
    pub(super) fn some(self, others: u64) -> impl Iterator<Item = Account<'a>> {
        let step = (self.drawn / others.max(1)).max(1);
        let drawn = (0..self.drawn).step_by(step as usize).take(others as usize);
        self.cast
            .people
            .iter()
            .map(Account::Named)
            .chain(drawn.map(move |number| self.drawn(number)))
    }

    /// How many customers are drawn.
    pub(super) fn others(&self) -> u64 {
        self.drawn
    }

    /// Ids lie in strides of equal width, each at a drawn place in the first half of its own.
    fn drawn(&self, number: u64) -> Account<'a> {
        let stride = u64::from(u32::MAX) / self.drawn.max(1);
        let place = self.chance(Stream::Id, number).below(stride / 2);
        let mut id = CustomerId((number * stride + place) as u32);
        while self.cast.people.binary_search_by_key(&id, |person| person.id).is_ok() {
            id = CustomerId(id.0.wrapping_add(1));
        }
        Account::Drawn { id, number }
    }

    pub(super) fn chance(&self, stream: Stream, who: u64) -> Chance {
        Chance::of(self.size.seed, stream, who)
    }
}

impl Account<'_> {
    pub(super) fn id(&self) -> CustomerId {
        match self {
            Self::Named(person) => person.id,
            Self::Drawn { id, .. } => *id,
        }
    }
}

/// A row of the directory.
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) mail: String,
    pub(super) recovery_mail: String,
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) street: String,
    pub(super) town: String,
    pub(super) country: String,
    pub(super) plan: String,
    pub(super) created_at: String,
    pub(super) registration_ip: String,
    pub(super) payment_source: String,
    pub(super) organisation: Option<String>,
}

impl People<'_> {
    /// What the directory says of an account.
    pub(super) fn customer(&self, account: &Account<'_>) -> Customer {
        match account {
            Account::Named(person) => named(person),
            Account::Drawn { id, number } => self.invented(*id, *number),
        }
    }

    fn invented(&self, id: CustomerId, number: u64) -> Customer {
        let mut chance = self.chance(Stream::Customer, number);
        let (given, family) = (chance.pick(GIVEN), chance.pick(FAMILY));
        let (town, country) =
            TOWNS.get(chance.below(TOWNS.len() as u64) as usize).copied().unwrap_or_default();
        let opened =
            DUSK - 86_400 * (DAYS + chance.below(3_000) as i64) + chance.below(86_400) as i64;
        // The tenth to the last block of a fictional French range; the first belong to the cast.
        let phone = 1_000 + chance.below(9_000);
        Customer {
            id: id.to_string(),
            mail: format!(
                "{}.{}.{number}@meridian.example",
                given.to_lowercase(),
                family.to_lowercase()
            ),
            recovery_mail: format!("{}.{number}@lanternpost.example", family.to_lowercase()),
            name: format!("{given} {family}"),
            phone: format!("+3319900{phone:04}"),
            street: format!("{} Example Street", 1 + chance.below(400)),
            town: town.to_owned(),
            country: country.to_owned(),
            plan: chance.pick(PLANS).to_owned(),
            created_at: Timestamp::from_second(opened).unwrap_or_default().to_string(),
            registration_ip: format!(
                "2001:db8:{:x}::{:x}",
                chance.below(0x1_0000),
                1 + chance.below(0xFFFF)
            ),
            payment_source: format!("test card ending {:04}", chance.below(10_000)),
            organisation: None,
        }
    }
}

fn named(person: &Person) -> Customer {
    Customer {
        id: person.id.to_string(),
        mail: person.mail.to_string(),
        recovery_mail: person.recovery_mail.to_string(),
        name: person.name.clone(),
        phone: person.phone.to_string(),
        street: person.street.clone(),
        town: person.town.clone(),
        country: person.country.to_string(),
        plan: person.plan.clone(),
        created_at: person.created.to_string(),
        registration_ip: person.registration_ip.to_string(),
        payment_source: person.payment.clone(),
        organisation: person.organisation.clone(),
    }
}

const GIVEN: &[&str] = &[
    "Abelia", "Borin", "Celandra", "Dorvik", "Elowin", "Faustin", "Gwendal", "Hesper", "Isandre",
    "Jorund", "Kestrel", "Lumia", "Mirabel", "Nerys", "Orsolin", "Perrin", "Quenby", "Rosmer",
    "Sabelle", "Tavish", "Ulric", "Verity", "Wendel", "Ysolde", "Zephyr",
];
const FAMILY: &[&str] = &[
    "Ambermill",
    "Birchlight",
    "Cinderwick",
    "Drystone",
    "Eldergate",
    "Fernhollow",
    "Glasswater",
    "Hawkbridge",
    "Inkwell",
    "Juniperry",
    "Kettleby",
    "Lanternfield",
    "Mossbank",
    "Nightingdale",
    "Oakenshade",
    "Pennywhistle",
    "Quillmarsh",
    "Ravenholt",
    "Silverbrook",
    "Thistledown",
    "Underhill",
    "Vinterberg",
    "Willowmere",
    "Yarrowfield",
];
const TOWNS: &[(&str, &str)] = &[
    ("75000 Exempleville", "FR"),
    ("69000 Valmont-sur-Exemple", "FR"),
    ("1000 Voorbeeldstad", "BE"),
    ("00000 Musterstadt", "DE"),
    ("Sampleton, ZZ 00000", "US"),
    ("Baile Sampla", "IE"),
];
const PLANS: &[&str] = &["personal mail", "personal mail and storage", "family storage"];
