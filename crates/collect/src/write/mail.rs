//! Whole messages as mbox (RFC 4155) in the mboxrd form: taking off one `>` gives back every byte.

use super::rows::dictionary;
use super::{Folder, Output, Spent};
use crate::error::CollectError;
use crate::plan::Step;
use crate::statement::TIME;
use crate::value;
use datafusion::arrow::array::RecordBatch;
use writ_custody::TimeForm;
use writ_vocabulary::{FileEntry, FileForm, Instant};

/// The file of a step that gives mail.
pub(crate) struct MailFile<'a> {
    mbox: Output<'a>,
    dictionary: Output<'a>,
    step: &'a Step,
    messages: u64,
}

impl<'a> MailFile<'a> {
    pub(crate) fn create(
        folder: &Folder,
        spent: &'a Spent,
        step: &'a Step,
    ) -> Result<Self, CollectError> {
        let output =
            |ending: &str| Output::create(folder, spent, step, format!("{}{ending}", step.path));
        let (mbox, mut list) = (output(".mbox")?, output("-dictionary.csv")?);
        dictionary(&mut list, step)?;
        Ok(Self { mbox, dictionary: list, step, messages: 0 })
    }

    pub(crate) fn messages(&self) -> u64 {
        self.messages
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), CollectError> {
        let content = self.step.columns.iter().find(|column| column.column == "content");
        let Some(content) = content.and_then(|column| batch.column_by_name(&column.name)) else {
            return Ok(());
        };
        let form = self.step.yields.time.as_ref().map_or(TimeForm::Timestamp, |time| time.form);
        let times = batch.column_by_name(TIME);
        for row in 0..batch.num_rows() {
            let at = times.and_then(|times| value::instant(times.as_ref(), row, form));
            let message = value::bytes(content.as_ref(), row).unwrap_or_default();
            self.mbox.write(&entry(message, at.unwrap_or_default()))?;
            self.messages += 1;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Vec<FileEntry>, CollectError> {
        let columns = u64::try_from(self.step.columns.len()).unwrap_or(u64::MAX);
        Ok(vec![
            self.mbox.finish(FileForm::Mbox, self.messages)?,
            self.dictionary.finish(FileForm::Csv, columns)?,
        ])
    }
}

/// One message: the separator line, the message with `From ` lines quoted, and an empty line.
fn entry(message: &[u8], at: Instant) -> Vec<u8> {
    let mut out =
        format!("From MAILER-DAEMON {}\n", at.strftime("%a %b %e %H:%M:%S %Y")).into_bytes();
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        let quoted = line.iter().skip_while(|byte| **byte == b'>').take(5).eq(b"From ");
        if quoted {
            out.push(b'>');
        }
        out.extend_from_slice(line);
    }
    if !message.ends_with(b"\n") {
        out.push(b'\n');
    }
    out.push(b'\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_look_like_a_separator_are_quoted_and_all_other_bytes_stay() {
        let message =
            b"Subject: x\r\n\r\nFrom here\r\n>From there\r\n>> From no\r\n\xff\xfe\r\nend";
        let written = entry(message, "2026-11-13T20:04:05Z".parse().unwrap());
        let expected: &[u8] = b"From MAILER-DAEMON Fri Nov 13 20:04:05 2026\nSubject: x\r\n\r\n>From here\r\n>>From there\r\n>> From no\r\n\xff\xfe\r\nend\n\n";
        assert_eq!(written, expected);
    }
}
