//! Bytes → an HTTP answer, read line by line and by the letter of RFC 9112 (6.3 and 7.1).

/// What the bytes come to.
pub enum Far<'a> {
    /// All of it is here.
    Whole(Letter<'a>),
    /// There must be more.
    More,
    /// Nobody can tell where it ends.
    Broken,
}

/// An answer.
pub struct Letter<'a> {
    pub status: u16,
    pub fields: Vec<(&'a [u8], &'a [u8])>,
    pub body: Vec<u8>,
    /// Where it ends; `None` where it ends with the connection.
    pub end: Option<usize>,
}

struct Broken;

/// A body and where it ends; `None` where more of it must come.
type Body = Result<Option<(Vec<u8>, Option<usize>)>, Broken>;

impl<'a> Far<'a> {
    /// Second: are all heads here, and such that every parser takes them?
    pub fn read(bytes: &'a [u8]) -> (Self, bool) {
        let (mut at, mut is_plain) = (0, true);
        loop {
            let Some((lines, length)) = head(&bytes[at..]) else {
                return (Self::More, false);
            };
            at += length;
            is_plain &= lines.len() <= 65 && is_status(lines[0]) && lines[1..].iter().all(is_field);
            let code = lines[0]
                .get(9..12)
                .and_then(|code| str::from_utf8(code).ok());
            let mut letter = Letter {
                status: code.and_then(|code| code.parse().ok()).unwrap_or(0),
                fields: lines[1..].iter().copied().map(field).collect(),
                body: Vec::new(),
                end: None,
            };
            // What comes before the answer (RFC 9110, 15.2); 101 is the last that is HTTP.
            if letter.status != 101 && (100..200).contains(&letter.status) {
                continue;
            }
            let far = match letter.read_body(&bytes[at..]) {
                Ok(Some((body, length))) => {
                    letter.body = body;
                    letter.end = length.map(|length| at + length);
                    Self::Whole(letter)
                }
                Ok(None) => Self::More,
                Err(Broken) => Self::Broken,
            };
            return (far, is_plain);
        }
    }
}

impl<'a> Letter<'a> {
    /// The values of all fields of that name.
    pub fn named(&self, name: &str) -> Vec<&'a [u8]> {
        let is_it = |field: &&(&[u8], &[u8])| field.0.eq_ignore_ascii_case(name.as_bytes());
        let fields = self.fields.iter().filter(is_it);
        fields.map(|(_, value)| *value).collect()
    }

    fn read_body(&self, rest: &[u8]) -> Body {
        if [101, 204, 304].contains(&self.status) {
            return Ok(Some((Vec::new(), Some(0))));
        }
        let to_the_end = Ok(Some((rest.to_vec(), None)));
        if let Some(codings) = self.named("transfer-encoding").last() {
            let coding = codings.rsplit(|byte| *byte == b',').next().unwrap();
            let is_chunked = coding.trim_ascii().eq_ignore_ascii_case(b"chunked");
            return if is_chunked {
                unchunked(rest)
            } else {
                to_the_end
            };
        }
        let lengths = self.named("content-length");
        let Some(length) = lengths.first() else {
            return to_the_end;
        };
        let is_number = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
        if !is_number || lengths.iter().any(|other| other != length) {
            return Err(Broken);
        }
        // What is too large for a number is too large to be here.
        let length = str::from_utf8(length).unwrap().parse::<usize>().ok();
        let body = length.and_then(|length| rest.get(..length));
        Ok(body.map(|body| (body.to_vec(), Some(body.len()))))
    }
}

/// The lines up to the first empty one behind them, without their ends, and the length of all. A carriage return stays.
fn head(bytes: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let (mut lines, mut length) = (Vec::new(), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        length += line.len();
        let text = line.strip_suffix(b"\n")?;
        match text {
            b"" | b"\r" if lines.is_empty() => {}
            b"" | b"\r" => return Some((lines, length)),
            _ => lines.push(text),
        }
    }
    None
}

fn is_text(text: &[u8]) -> bool {
    text.iter().all(|byte| (b' '..=b'~').contains(byte))
}

fn is_status(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r");
    let Some((start, reason)) = line.and_then(|line| line.split_at_checked(12)) else {
        return false;
    };
    let is_version = start.starts_with(b"HTTP/1.0 ") || start.starts_with(b"HTTP/1.1 ");
    let is_reason = reason.is_empty() || (reason.starts_with(b" ") && is_text(reason));
    is_version && start[9..].iter().all(u8::is_ascii_digit) && is_reason
}

fn is_field(line: &&[u8]) -> bool {
    let Some(line) = line.strip_suffix(b"\r") else {
        return false;
    };
    let (name, _) = field(line);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    line.contains(&b':') && !name.is_empty() && name.iter().all(is_name) && is_text(line)
}

fn field(line: &[u8]) -> (&[u8], &[u8]) {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at(colon.unwrap_or(line.len()));
    (name, value.get(1..).unwrap_or_default().trim_ascii())
}

/// The body that is in chunks; it ends with the line of the last one, what may follow is nothing to us.
fn unchunked(bytes: &[u8]) -> Body {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let digits = bytes[at..].iter().copied().map(char::from);
        let digits: String = digits.take_while(char::is_ascii_hexdigit).collect();
        at += digits.len();
        let rest = &bytes[at..];
        let line = rest.iter().position(|byte| *byte == b'\r');
        let mut extension = rest[..line.unwrap_or(rest.len())].iter();
        let first = extension.find(|byte| !b" \t".contains(byte));
        let is_line = [None, Some(&b';')].contains(&first);
        let is_size = digits.len() <= 16 && (!digits.is_empty() || rest.is_empty());
        if !is_line || !is_size {
            return Err(Broken);
        }
        let Some(line) = line else { return Ok(None) };
        match rest.get(line + 1) {
            None => return Ok(None),
            Some(b'\n') => at += line + 2,
            Some(_) => return Err(Broken),
        }
        let size = u64::from_str_radix(&digits, 16).unwrap();
        if size == 0 {
            return Ok(Some((body, Some(at))));
        }
        let size = usize::try_from(size).ok();
        let Some(chunk) = size.and_then(|size| bytes[at..].get(..size)) else {
            return Ok(None);
        };
        body.extend(chunk);
        at += chunk.len();
        match bytes[at..] {
            [] | [_] => return Ok(None),
            [b'\r', b'\n', ..] => at += 2,
            _ => return Err(Broken),
        }
    }
}
