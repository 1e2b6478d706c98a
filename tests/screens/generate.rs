//! The generate screen: settings, runs, the quarantine, the prompt workbench.

use super::looks::Looks;
use super::taxonomy::{GROUNDED, SKILL};
use super::teacher::{Act, LoopbackTeacher};
use super::{ALL, USUAL, snapshot};

#[test]
fn generate() {
    let mut looks = Looks::new();
    looks.choose(SKILL);
    looks.keys("g");
    snapshot(&mut looks, "generate", &ALL);
    looks.keys("down right");
    snapshot(&mut looks, "generate_remote", &USUAL);
    looks.keys("enter");
    snapshot(&mut looks, "generate_asks", &[(80, 24)]);
}

#[test]
fn generate_for_several_leaves_with_a_flow_chosen_by_its_card() {
    let mut looks = Looks::new();
    looks.choose(SKILL);
    looks.keys("space");
    looks.choose(GROUNDED);
    looks.keys("space");
    snapshot(&mut looks, "browse_marked", &USUAL);
    looks.keys("g");
    snapshot(&mut looks, "generate_several", &USUAL);
    looks.keys("o down down");
    snapshot(&mut looks, "generate_flows", &ALL);
}

#[test]
fn generate_shows_what_a_run_dropped() {
    let teacher = LoopbackTeacher::start(|_, _| Act::text("I would rather talk about something else \u{1b}[31mtoday."));
    let mut looks = Looks::taught_by(&teacher.url());
    looks.choose(SKILL);
    looks.keys("g down down 3 enter d");
    snapshot(&mut looks, "generate_drops", &ALL);
    looks.keys("tab");
    snapshot(&mut looks, "generate_drop", &[(60, 20)]);
}

#[test]
fn generate_shows_prompts_and_takes_a_row_through() {
    let teacher = LoopbackTeacher::smart();
    let mut looks = Looks::taught_by(&teacher.url());
    looks.choose(SKILL);
    looks.keys("g w");
    snapshot(&mut looks, "prompts", &ALL);
    looks.keys("a");
    snapshot(&mut looks, "prompts_row", &ALL);
}

#[test]
fn generate_shows_a_run() {
    let teacher = LoopbackTeacher::smart();
    let mut looks = Looks::taught_by(&teacher.url());
    looks.choose(SKILL);
    looks.keys("g down down 5 enter");
    snapshot(&mut looks, "generate_run", &ALL);
    looks.keys("v");
    snapshot(&mut looks, "generate_funnel", &USUAL);
}
