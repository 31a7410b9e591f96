//! The trees of a plan → given to the identity, told meanwhile; in a dry run, counted.
//!
//! Before everything else that a start changes but the account files: it takes root's capabilities, and what comes of it
//! is told while it lasts.

use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::ownership::{Counted, Ownership, Tally};
use crate::plan::{Plan, Step};
use crate::refusal::OwnFinding;
use crate::report::Report;
use crate::request::LogLevel;
use crate::{act, render, report, sweep};

/// How often a long walk says how far it is.
const INTERVAL: Duration = Duration::from_secs(2);

/// How often on a terminal, where it is one line that moves.
const FRAME: Duration = Duration::from_millis(250);

/// Give each tree away; what stays as it was is a finding.
pub(crate) fn give(plan: &Plan, report: Report) -> Result<(), Failure> {
    for ownership in plan.ownerships() {
        let mut told = Told::new(ownership, report);
        let given = act::ownership::give(ownership, &mut |tally| told.progress(tally));
        told.end();
        let tally = given?;
        let summary = render::ownership::given(ownership, &tally, told.start.elapsed());
        report.say(LogLevel::Info, &summary);
        report.findings(&OwnFinding::of(&ownership.path, &tally));
    }
    Ok(())
}

/// Count what differs, with the caller's rights: who is not root cannot know what root would be refused.
pub(crate) fn count(plan: &mut Plan, is_root: bool) -> Result<(), Failure> {
    let Plan {
        steps, findings, ..
    } = plan;
    for planned in steps {
        if let Step::Own(ownership) = &mut planned.step {
            let mut tally = sweep::sweep(ownership, &|_, _| Ok(()), &mut |_| ())?;
            let unread = tally.failures.iter().map(|(_, found)| found.count).sum();
            if !is_root {
                tally.failures.clear();
            }
            findings.extend(OwnFinding::of(&ownership.path, &tally));
            ownership.counted = Some(Counted {
                entries: tally.seen,
                differ: tally.changed,
                unread,
            });
        }
    }
    Ok(())
}

/// What was told of a walk, and when.
struct Told<'a> {
    ownership: &'a Ownership,
    report: Report,
    start: Instant,
    last: Instant,
    /// Frames drawn; `None` where it is no terminal.
    frames: Option<usize>,
}

impl<'a> Told<'a> {
    fn new(ownership: &'a Ownership, report: Report) -> Self {
        let start = Instant::now();
        Self {
            ownership,
            report,
            start,
            last: start,
            frames: report.may_draw().then_some(0),
        }
    }

    fn progress(&mut self, tally: &Tally) {
        let interval = self.frames.map_or(INTERVAL, |_| FRAME);
        if self.last.elapsed() < interval {
            return;
        }
        self.last = Instant::now();
        let message = render::ownership::giving(self.ownership, tally, self.start.elapsed());
        match &mut self.frames {
            None => self.report.say(LogLevel::Info, &message),
            Some(frames) => {
                *frames = frames.wrapping_add(1);
                report::draw(&render::ownership::frame(*frames, &message));
            }
        }
    }

    /// Leave no half line on a terminal.
    fn end(&self) {
        if self.frames.is_some_and(|frames| frames > 0) {
            report::draw("");
        }
    }
}
