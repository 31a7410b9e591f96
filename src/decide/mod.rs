//! Request and Facts → Plan or Refused. Pure: the product's judgement, with no look at the world.
//!
//! The order is the contract's: whose start it is, who the command will be (6), what each path needs (5), what the
//! account files should say (9), what is dropped (10).

mod access;
mod asker;
mod case;
mod check;
mod command;
mod diagnose;
mod drop;
mod grants;
mod group_file;
mod groups;
mod identity;
mod numbers;
mod ownership;
mod paths;
mod sensitive;
mod start;
mod wanted;

use crate::facts::{Engine, Facts, Meant};
use crate::ids::Gid;
use crate::plan::{FileEdit, Grant, Identity, Plan, Planned, Step, Verdict};
use crate::refusal::{Finding, Refusal, Refused};
use crate::request::{Request, Sockets};

use asker::Asker;
pub use diagnose::{diagnose, own_finding};
use drop::Drop;
use grants::Judgement;
use group_file::{Wanted, WantedGroups};
use identity::Person;
use start::Start;

/// Decide what a start would do. The same request and facts always give the same plan.
///
/// # Errors
/// The refusal, and what was found before it.
pub fn decide(request: &Request, facts: &Facts) -> Result<Plan, Refused> {
    let mut findings = Vec::new();
    plan(request, facts, &mut findings).map_err(|refusal| Refused { refusal, findings })
}

fn plan(request: &Request, facts: &Facts, findings: &mut Vec<Finding>) -> Result<Plan, Refusal> {
    let start = Start::of(request, facts)?;
    findings.extend(surroundings(request, facts));
    let mut person = identity::resolve(request, facts, &start, findings)?;
    let is_pid_1s = check::take_pid_1s_identity(facts, &mut person, findings);
    let may_be_granted = start.is_root && !is_pid_1s;
    let mut asker = asker(request, facts, &mut person, may_be_granted);
    let judgements = paths::judge_all(&facts.paths, &mut asker)?;
    findings.extend(
        judgements
            .iter()
            .flat_map(|judgement| judgement.findings.clone()),
    );
    if request.require_socket && !request.is_check() {
        refuse_out_of_reach(request, &judgements)?;
    }
    let connection = check::connection(request, facts, &judgements);
    let mut grants: Vec<Grant> = judgements
        .into_iter()
        .map(|judgement| judgement.grant)
        .collect();
    let group_add = group_add(&grants);
    if !start.is_root && asker.groups.contains(&Gid::ROOT) && !group_add.contains(&Gid::ROOT) {
        findings.push(Finding::GidZeroHeld);
    }
    let mut steps = Vec::new();
    if start.is_root && !request.is_check() {
        steps = edit_files(request, facts, &person, &mut grants, findings);
    }
    let own = ownership::judge(request, facts, &start, &person, findings)?;
    let needed_to_own = ownership::needed_capabilities(&own);
    steps.extend(own);
    let identity = Identity {
        uid: person.uid,
        gid: person.gid,
        groups: asker.groups,
        name: person.name().map(ToOwned::to_owned),
        home: person.home(),
    };
    let drop = Drop::judge(request, facts, &start, &identity, needed_to_own, findings)?;
    drop.steps(&mut steps);
    steps.extend(connection);
    Ok(Plan {
        group_add,
        grants,
        steps,
        findings: std::mem::take(findings),
        identity,
    })
}

/// What is worth knowing before anyone is looked at.
fn surroundings(request: &Request, facts: &Facts) -> impl Iterator<Item = Finding> {
    let no_proc = (!facts.namespace.is_known).then_some(Finding::NoProc);
    let elsewhere = match &request.sockets {
        Sockets::NotNeeded { docker_host } => Some(Finding::EngineElsewhere {
            docker_host: docker_host.clone(),
        }),
        Sockets::Ignored | Sockets::Paths(_) | Sockets::Search => None,
    };
    no_proc.into_iter().chain(elsewhere)
}

fn asker<'a>(
    request: &Request,
    facts: &'a Facts,
    person: &mut Person,
    may_be_granted: bool,
) -> Asker<'a> {
    // They are the asker's from here on, who joins others.
    let mut groups = std::mem::take(&mut person.groups);
    groups.sort_unstable();
    groups.dedup();
    Asker {
        uid: person.uid,
        gid: person.gid,
        groups,
        may_be_granted,
        allow_gid_0: request.allow_gid_0,
        is_check: request.is_check(),
        namespace: &facts.namespace,
    }
}

/// Every gid through which a path is reached: what `group_add` would have to say instead of us.
fn group_add(grants: &[Grant]) -> Vec<Gid> {
    let mut gids: Vec<Gid> = grants
        .iter()
        .flat_map(|grant| grant.gids.iter().copied())
        .collect();
    gids.sort_unstable();
    gids.dedup();
    gids
}

/// With `--require-socket` each named socket must be reached; of the usual places, one.
#[cold]
fn refuse_out_of_reach(request: &Request, judgements: &[Judgement]) -> Result<(), Refusal> {
    let is_closed = |judgement: &&Judgement| judgement.grant.verdict == Verdict::Closed;
    let is_engines = |judgement: &&Judgement| judgement.grant.meant != Meant::Anything;
    let one_is_enough = matches!(request.sockets, Sockets::Search);
    let mut of_engines = judgements.iter().filter(is_engines);
    if one_is_enough && !of_engines.clone().all(|judgement| is_closed(&judgement)) {
        return Ok(());
    }
    let finding = of_engines
        .by_ref()
        .filter(is_closed)
        .flat_map(|judgement| &judgement.findings)
        .find(|finding| finding.is_out_of_reach());
    match finding {
        Some(finding) => Err(Refusal::SocketOutOfReach {
            finding: Box::new(finding.clone()),
        }),
        None => Ok(()),
    }
}

/// The edits of the account files; the grants learn the names of their groups.
fn edit_files(
    request: &Request,
    facts: &Facts,
    person: &Person,
    grants: &mut [Grant],
    findings: &mut Vec<Finding>,
) -> Vec<Planned> {
    let wanted = wanted_groups(facts, person, grants);
    let outcome = group_file::plan(
        &facts.accounts,
        person.name(),
        &wanted,
        person.renumbering.as_ref(),
        request.edit_group_file,
    );
    findings.extend(outcome.findings);
    for grant in grants.iter_mut() {
        if let Verdict::Granted { gid, name, .. } = &mut grant.verdict
            && let Some(group_name) = wanted
                .place(*gid)
                .and_then(|place| outcome.names.get(place))
        {
            name.clone_from(group_name);
        }
    }
    let planned = |edit: FileEdit| Planned {
        reason: if edit.path.ends_with("passwd") {
            "so that names resolve and 'docker exec -u' has the numbers too"
        } else {
            "so that names resolve and 'docker exec -u' has the group too"
        },
        step: Step::EditFile(edit),
    };
    outcome.edits.into_iter().map(planned).collect()
}

/// The groups that /etc/group should list the account in: one per gid, grants first. The account's primary group needs
/// no line.
fn wanted_groups(facts: &Facts, person: &Person, grants: &[Grant]) -> WantedGroups {
    let granted = grants
        .iter()
        .zip(&facts.paths)
        .filter_map(|(grant, path)| match grant.verdict {
            Verdict::Granted { gid, .. } => Some(Wanted {
                gid,
                name: default_name(path.meant, gid),
                is_deliberate: false,
                opens_device: path.is_device(),
            }),
            Verdict::Open(_) | Verdict::Closed => None,
        });
    let extra = person.extra.iter().map(|extra| Wanted {
        gid: extra.gid,
        name: extra
            .name
            .clone()
            .unwrap_or_else(|| default_name(Meant::Anything, extra.gid)),
        is_deliberate: extra.is_deliberate,
        opens_device: false,
    });
    let primary = person.account.as_ref().map(|account| account.gid);
    let mut wanted = WantedGroups::default();
    for group in granted.chain(extra) {
        // Not even where GID 0 is allowed: written into root's line, it would outlive the permission.
        if primary != Some(group.gid) && !group.gid.is_root() {
            wanted.add(group);
        }
    }
    wanted
}

/// What a new group for such a path is called.
fn default_name(meant: Meant, gid: Gid) -> String {
    match meant {
        Meant::EngineSocket(Engine::Docker) => "docker".to_owned(),
        Meant::EngineSocket(Engine::Podman) => "podman".to_owned(),
        Meant::Anything => format!("host{gid}"),
    }
}
