//! A number → bytes that look like the corpus: the same in every run.

/// Words that mean something to one of the formats.
pub const WORDS: &[&[u8]] = &[
    b":",
    b",",
    b"\n",
    b"\0",
    b" ",
    b"\t",
    b"#",
    b"+",
    b"-",
    b"0",
    b"00",
    b"988",
    b"1000",
    b"4294967294",
    b"4294967295",
    b"4294967296",
    b"99999999999999999999999",
    b"root",
    b"charon",
    b"docker",
    b"x",
    b"!charon-init",
    b"unix://",
    b"tcp://",
    b"\xff",
    b"\x1d",
    b"\r",
    b"charon:x:1000:1000::/:/bin/sh\n",
    b"docker:!charon-init:988:charon\n",
    b"video:x:44:charon,root\n",
];

/// The same to an HTTP answer.
pub const HTTP: &[&[u8]] = &[
    b":",
    b"\n",
    b"\x1d",
    b"\xc2\x85",
    b"0",
    b"\r\n",
    b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 103\r\n",
    b"Server: Docker/20.10.24 (linux)\r\n",
    b"Content-Length: 2\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"2;x=y\r\nOK\r\n0\r\n",
    b"{\"message\":\"no\"}",
];

/// splitmix64.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is above 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.next() % end).unwrap()
    }

    /// One of `all`.
    pub fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A corpus entry with a few changes, or `words` alone.
    pub fn input(&mut self, words: &[&[u8]], corpus: &[Vec<u8>]) -> Vec<u8> {
        if self.below(4) == 0 {
            return (0..self.below(24))
                .flat_map(|_| self.one(words).to_vec())
                .collect();
        }
        let mut bytes = self.one(corpus).clone();
        for _ in 0..=self.below(6) {
            self.change(&mut bytes, words, corpus);
        }
        bytes.truncate(4096);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, words: &[&[u8]], corpus: &[Vec<u8>]) {
        let at = self.below(bytes.len() + 1);
        let end = (at + self.below(16)).min(bytes.len());
        match self.below(5) {
            0 => drop(bytes.splice(at..at, self.one(words).iter().copied())),
            1 => drop(bytes.splice(at..end, self.one(words).iter().copied())),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let other = self.one(corpus);
                let from = self.below(other.len() + 1);
                drop(bytes.splice(at..end, other[from..].iter().copied().take(64)));
            }
            _ if at < bytes.len() => bytes[at] = self.next().to_le_bytes()[0],
            _ => (),
        }
    }
}
