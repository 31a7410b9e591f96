//! Two HTTP answers → how far each has come, what engine gave them, and the line that says so.
//!
//! What an answer is made of, and where it ends, is read a second time in `letter`.

use charon_init::answer::{Answer, EngineVersion, Foreign, Question};
use charon_init::diagnosis::{Cause, Diagnosis};
use charon_init::parse::engine::{ping, version};
use charon_init::parse::http::{Progress, Response, response};
use charon_init::render;
use charon_init::request::{CheckFormat, Endpoint, LogFormat, LogLevel};

use crate::editor::SEPARATOR;
use crate::letter::{Far, Letter};

/// The answer to a ping and, behind the separator, the one to the question for the version; or one for both.
pub fn http(bytes: &[u8]) {
    let mut answers = bytes.splitn(2, |byte| *byte == SEPARATOR);
    let first = answers.next().unwrap_or_default();
    let second = answers.next();
    arrives(first);
    second.into_iter().for_each(arrives);
    let whole = (
        response(first, true),
        response(second.unwrap_or(first), true),
    );
    if let (Progress::Whole(first), Progress::Whole(second)) = whole {
        judged(&first, &second);
    }
}

/// The bytes come in pieces, at last all of them: nothing that was said of fewer is taken back.
fn arrives(bytes: &[u8]) {
    let (open, closed) = (response(bytes, false), response(bytes, true));
    let (far, is_plain) = Far::read(bytes);
    // What a parser need not take, such as a line that ends without a carriage return, it may take or not.
    let is_declined = open == Progress::NotHttp && !is_plain;
    match far {
        _ if is_declined => assert_eq!(closed, open),
        Far::Broken => assert_eq!((&open, &closed), (&Progress::NotHttp, &Progress::NotHttp)),
        Far::More => assert_eq!((&open, &closed), (&Progress::Partial, &Progress::Partial)),
        Far::Whole(letter) => {
            is_read(&closed, &letter);
            if let Some(end) = letter.end {
                assert_eq!(open, closed, "the end of the connection adds nothing");
                assert_eq!(response(&bytes[..end], false), open);
                assert_eq!(response(&bytes[..end - 1], true), Progress::Partial);
            } else {
                assert_eq!(open, Progress::Partial);
            }
        }
    }
    // All lengths of a short answer; of a long one some, others with every byte that is added.
    for cut in (0..bytes.len()).step_by(1 + bytes.len() / 32) {
        match response(&bytes[..cut], false) {
            Progress::Partial => {}
            decided => assert_eq!(decided, open, "{cut}"),
        }
        if response(&bytes[..cut], true) == Progress::NotHttp {
            assert_eq!(open, Progress::NotHttp, "{cut}");
        }
    }
}

fn is_read(progress: &Progress, letter: &Letter<'_>) {
    let Progress::Whole(read) = progress else {
        panic!("{progress:?}");
    };
    assert!(!(100..200).contains(&read.status) || read.status == 101);
    assert_eq!(read.status, letter.status);
    assert_eq!(read.body, letter.body);
    let shown = |name| Some(shortened(letter.named(name).first()?, 80));
    assert_eq!(read.server, shown("server"));
    assert_eq!(read.api_version, shown("api-version"));
    let podmans = letter.named("libpod-api-version");
    assert_eq!(read.is_podman, !podmans.is_empty());
}

fn shortened(text: &[u8], most: usize) -> String {
    String::from_utf8_lossy(text).chars().take(most).collect()
}

/// Both answers → what is said of them.
fn judged(first: &Response, second: &Response) {
    let answer = match ping(first) {
        Ok(pong) => {
            assert!((200..300).contains(&first.status));
            version(pong, second)
        }
        Err(answer) => {
            assert!(!matches!(answer, Answer::Engine(_)));
            answer
        }
    };
    let of = |question| match question {
        Question::Ping => first,
        Question::Version => second,
    };
    match &answer {
        Answer::Engine(engine) => is_told(engine, second),
        Answer::Declined {
            question,
            status,
            says,
        } => {
            assert_eq!(*status, of(*question).status);
            assert!(matches!(status, 401 | 403 | 407 | 429 | 500..=599));
            assert!(says.chars().count() <= 300);
        }
        Answer::Foreign { question, what } => match what {
            Foreign::Tls => assert_eq!(of(*question).status, 400),
            Foreign::Http { status, server } => {
                assert_eq!(*status, of(*question).status);
                assert_eq!(*server, of(*question).server);
            }
            Foreign::Closed | Foreign::NotHttp | Foreign::TooLong => panic!("{what:?}"),
        },
        Answer::NotConnected { .. } | Answer::NotResolved { .. } | Answer::Silent { .. } => {
            panic!("{answer:?}");
        }
    }
    is_said_in_one_line(answer);
}

fn is_told(engine: &EngineVersion, second: &Response) {
    let document: Option<serde_json::Value> = serde_json::from_slice(&second.body).ok();
    let named = |key: &str| Some(shortened(document.as_ref()?[key].as_str()?.as_bytes(), 80));
    let is_short =
        |text: &Option<String>| text.as_ref().is_none_or(|text| text.chars().count() <= 80);
    assert!(is_short(&engine.version) && is_short(&engine.api));
    match engine.declined {
        Some(status) => {
            assert_eq!(status, second.status);
            assert!((400..500).contains(&status));
        }
        None => {
            assert!((200..300).contains(&second.status) && engine.version.is_some());
            // What nests too deep for a document may do so in what is passed over.
            if document.is_some() {
                assert_eq!(engine.version, named("Version"));
                assert!(named("ApiVersion").is_none_or(|api| engine.api == Some(api)));
            }
        }
    }
}

/// Whatever the engine says, it is one line of the log, in each of its formats, and stays so on a terminal.
fn is_said_in_one_line(answer: Answer) {
    let diagnosis = Diagnosis {
        endpoint: Some(Endpoint::Socket("/var/run/docker.sock".into())),
        ids: None,
        cause: Cause::Answer(answer),
    };
    let message = diagnosis.message();
    let log = |format| render::log::line(format, LogLevel::Error, false, &message);
    let check = |format| render::check(format, None, std::slice::from_ref(&diagnosis));
    for line in [
        log(LogFormat::Text),
        log(LogFormat::Json),
        check(CheckFormat::Text),
        check(CheckFormat::Json),
    ] {
        let text = line.strip_suffix('\n').expect("a line");
        let turns =
            |character| matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(
            !text.contains(|character: char| character.is_control() || turns(character)),
            "{text:?}"
        );
        // 300 characters of the engine's, each escaped and in JSON twice, and our own words.
        assert!(line.len() < 300 * 10 * 2 + 2000, "{text:?}");
    }
    for line in [log(LogFormat::Json), check(CheckFormat::Json)] {
        serde_json::from_str::<serde_json::Value>(&line).expect("one object");
    }
}
