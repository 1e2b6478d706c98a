//! The flows there are to choose from, each with its card.

use super::settings::{FlowCard, UnreadableFlow};
use crate::flow::{Flow, FlowError, TeacherRole};
use crate::taxonomy::Kind;
use crate::workbench::Workbench;

const KINDS: [Kind; 3] = [Kind::Skill, Kind::GroundedSkill, Kind::Knowledge];

/// The shipped flows, then the user's own; apart from them those of the own ones that cannot be read, with the reason.
pub(super) fn flow_cards(workbench: &Workbench) -> Result<(Vec<FlowCard>, Vec<UnreadableFlow>), FlowError> {
    let mut cards: Vec<FlowCard> = Flow::shipped()?.into_iter().map(|flow| card(flow, None)).collect();
    let mut unreadable = Vec::new();
    for own in workbench.own_flows().list() {
        let told = own.in_words();
        match own.flow {
            Ok(flow) => cards.push(card(flow, Some(told))),
            Err(error) => unreadable.push(UnreadableFlow {
                name: own.name,
                why: format!("{error}\n\n{told}"),
            }),
        }
    }
    Ok((cards, unreadable))
}

fn card(flow: Flow, own: Option<String>) -> FlowCard {
    FlowCard {
        usual_for: KINDS.into_iter().find(|kind| Flow::name_for_kind(*kind) == flow.name),
        unfit: KINDS
            .into_iter()
            .filter_map(|kind| Some((kind, flow.unfit_for(kind)?)))
            .collect(),
        has_critic: flow.has_part(TeacherRole::Critic),
        has_reviser: flow.has_part(TeacherRole::Reviser),
        name: flow.name,
        card: flow.metadata.description,
        own,
    }
}
