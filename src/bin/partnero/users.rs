//! The app's users, from a file of comma-separated values.

use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, StringRecordsIntoIter, Trim};
use tower_partnero::NewCustomer;
use tower_partnero::client::{CustomerRef, PartnerRef};

use crate::failure::Failure;

/// What the columns mean, for `--help`.
pub(crate) const COLUMNS: &str = "\
The file begins with a line of column names. The columns may stand in any order:
  id            the app's own identifier of the user (needed)
  key           the user's public key, which stands in the user's link
  email, name, surname
  date_of_birth
  referrer_id   the app's own identifier of the customer who referred the user, or instead of it
  referrer_key  the public key of that customer
  partner       in an affiliate program: the key of the partner who brought the user
An empty field is no value. Put users in the order in which they signed up, so that a referrer comes
before the friends.";

const NAMES: [&str; 9] = [
    "id",
    "key",
    "email",
    "name",
    "surname",
    "date_of_birth",
    "referrer_id",
    "referrer_key",
    "partner",
];
/// Where the names of `NAMES` stand in it.
const ID: usize = 0;
const KEY: usize = 1;
const EMAIL: usize = 2;
const NAME: usize = 3;
const SURNAME: usize = 4;
const DATE_OF_BIRTH: usize = 5;
const REFERRER_ID: usize = 6;
const REFERRER_KEY: usize = 7;
const PARTNER: usize = 8;

/// So many mistakes of a file are told at once.
const TOLD: usize = 5;

/// How the file is read.
#[derive(clap::Args)]
pub(crate) struct Users {
    /// The file with the app's users
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What stands between two fields of the file
    #[arg(long, value_name = "CHARACTER", default_value = ",", value_parser = separator)]
    separator: u8,
    /// Take keys that look like e-mail addresses. A key stands in every link that its customer shares
    #[arg(long)]
    allow_email_keys: bool,
}

fn separator(text: &str) -> Result<u8, String> {
    match text {
        "\\t" | "tab" => Ok(b'\t'),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii() => Ok(*byte),
            _ => Err("write one character, as `;`, or `tab`".to_owned()),
        },
    }
}

impl Users {
    /// Reads the whole file once, so that a mistake in its last line is told before anything is
    /// sent. The answer is the number of users, and the identifier of the user in the place
    /// `wanted`, counted from 1.
    pub(crate) fn check(&self, wanted: u64) -> Result<(u64, Option<String>), Failure> {
        let (mut count, mut found) = (0, None);
        let mut mistakes = Vec::new();
        for user in self.read()? {
            count += 1;
            match user {
                Ok(user) if count == wanted => found = Some(user.id().to_owned()),
                Ok(_) => {}
                Err(error) => mistakes.push(error.0),
            }
            // The same mistake often stands in every line of an export.
            if mistakes.len() == TOLD {
                break;
            }
        }
        if mistakes.is_empty() {
            Ok((count, found))
        } else {
            let name = self.file.display();
            Err(Failure::mistake(format!(
                "{name}: {}",
                mistakes.join("\n  ")
            )))
        }
    }

    /// The users, in the order of the file. If the file is gone by now, that is the first item.
    pub(crate) fn list(&self) -> Box<dyn Iterator<Item = Result<NewCustomer, WrongLine>>> {
        match self.read() {
            Ok(reader) => Box::new(reader),
            Err(failure) => {
                let text = failure.text().unwrap_or_default().to_owned();
                Box::new(std::iter::once(Err(WrongLine(text))))
            }
        }
    }

    fn read(&self) -> Result<Reader, Failure> {
        let tried = || format!("{} cannot be read", self.file.display());
        let file = File::open(&self.file).map_err(|error| Failure::of(&tried(), &error))?;
        let mut reader = ReaderBuilder::new()
            .delimiter(self.separator)
            // Spreadsheets leave blanks, and a key with a blank would be another key.
            .trim(Trim::All)
            .from_reader(file);
        let header = reader
            .headers()
            .map_err(|error| Failure::of(&tried(), &error))?;
        let columns = self.columns(header)?;
        Ok(Reader {
            records: reader.into_records(),
            columns,
            allow_email_keys: self.allow_email_keys,
        })
    }

    /// Which column of the file has which name.
    fn columns(&self, header: &StringRecord) -> Result<[Option<usize>; NAMES.len()], Failure> {
        let mistake = |problem: &str| {
            let (file, names) = (self.file.display(), NAMES.join(", "));
            let advice = format!("{file}: {problem}: the first line names the columns, of {names}");
            Failure::mistake(advice)
        };
        let mut columns = [None; NAMES.len()];
        for (index, name) in header.iter().enumerate() {
            let place = NAMES.iter().position(|known| *known == name);
            let Some(place) = place else {
                let hint = if name.contains([';', '\t']) {
                    " (if the file has another separator, write it as --separator)"
                } else {
                    ""
                };
                return Err(mistake(&format!("the column {name:?} is not known{hint}")));
            };
            // The second column would silently hide the first one.
            if columns[place].replace(index).is_some() {
                return Err(mistake(&format!("the column {name:?} stands there twice")));
            }
        }
        if columns[ID].is_none() {
            return Err(mistake("there is no column \"id\""));
        }
        Ok(columns)
    }
}

/// The name of a file beside this one.
pub(crate) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A line that is no user, and why.
#[derive(Debug)]
pub(crate) struct WrongLine(String);

impl std::fmt::Display for WrongLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongLine {}

pub(crate) struct Reader {
    records: StringRecordsIntoIter<File>,
    columns: [Option<usize>; NAMES.len()],
    allow_email_keys: bool,
}

impl Iterator for Reader {
    type Item = Result<NewCustomer, WrongLine>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.records.next()? {
            Ok(record) => self.user(&record),
            Err(error) => Err(WrongLine(error.to_string())),
        })
    }
}

impl Reader {
    fn user(&self, record: &StringRecord) -> Result<NewCustomer, WrongLine> {
        // Not counted here, because a field in quotation marks may span several lines.
        let line = record.position().map_or(0, csv::Position::line);
        let wrong = |problem: &str| Err(WrongLine(format!("line {line}: {problem}")));
        let field = |place: usize| {
            let text = self.columns[place].and_then(|index| record.get(index));
            text.filter(|text| !text.is_empty())
        };
        let Some(id) = field(ID) else {
            return wrong("the user has no id");
        };
        let key = field(KEY);
        if key.is_some_and(looks_like_email) && !self.allow_email_keys {
            return wrong(
                "the key looks like an e-mail address, and a key stands in every shared link: \
                 leave it empty, or write --allow-email-keys",
            );
        }
        let set = |user: NewCustomer, place: usize, set: fn(NewCustomer, &str) -> NewCustomer| {
            match field(place) {
                Some(text) => set(user, text),
                None => user,
            }
        };
        let mut user = NewCustomer::new(id);
        user = set(user, KEY, |user, key| user.key(key));
        user = set(user, EMAIL, |user, email| user.email(email));
        user = set(user, NAME, |user, name| user.name(name));
        user = set(user, SURNAME, |user, surname| user.surname(surname));
        user = set(user, DATE_OF_BIRTH, |user, date| user.date_of_birth(date));
        // Several would not say which one counts, and a wrong referrer cannot be corrected at
        // Partnero.
        match (field(REFERRER_ID), field(REFERRER_KEY), field(PARTNER)) {
            (None, None, None) => Ok(user),
            (Some(id), None, None) => Ok(user.referring_customer(CustomerRef::id(id))),
            (None, Some(key), None) => Ok(user.referring_customer(CustomerRef::key(key))),
            (None, None, Some(key)) => Ok(user.partner(PartnerRef::key(key))),
            _ => wrong(
                "write one of referrer_id, referrer_key and partner, and leave the others empty",
            ),
        }
    }
}

/// As the sign-up hook tells it: text on both sides of an `@`.
fn looks_like_email(key: &str) -> bool {
    key.split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
}
