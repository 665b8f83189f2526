//! Mail on a developer's machine.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use wh_mail::{Cause, MailSettings, Outcome, Transport};

use crate::support::{BASE_URL, info, settings, soon, start};

fn folder(path: &std::path::Path) -> MailSettings {
    let smtp = wh_mail::SmtpSettings::new("", "", "".into());
    MailSettings { transport: Transport::Folder(path.to_path_buf()), ..settings(smtp) }
}

#[tokio::test]
async fn mails_go_into_a_folder_that_only_their_owner_reads() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("mails");
    let mailer = start(folder(&path));
    assert!(mailer.enabled());
    for _ in 0..3 {
        let receipt = mailer.send_new_device_alert(&info(), BASE_URL).unwrap();
        assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 1 });
    }
    let files: Vec<_> = std::fs::read_dir(&path).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 3);
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("20261124T130500Z-"), "{name}");
        assert_eq!(file.extension().unwrap(), "eml");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains("Subject: New sign-in to your Acme account\r\n"), "{text}");
    }
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut settings = folder(&file.path().join("below-a-file"));
    settings.retry.attempts = 2;
    settings.retry.first_pause = Duration::from_millis(1);
    let receipt = start(settings).send_new_device_alert(&info(), BASE_URL).unwrap();
    assert_eq!(soon(receipt.outcome()).await, Outcome::GivenUp { attempts: 2, cause: Cause::File });
}
