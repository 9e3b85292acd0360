//! Bookmarks: from a row of places with their levels to the tree that readers show.

use super::SIDE;
use krilla::{
    destination::XyzDestination,
    geom::Point,
    outline::{Outline, OutlineNode},
};

pub(super) fn outline(bookmarks: Vec<(u8, String, usize, f32)>) -> Outline {
    let mut outline = Outline::new();
    // The open branch, from the outermost in.
    let mut branch: Vec<(u8, OutlineNode)> = Vec::new();
    let mut close = |branch: &mut Vec<(u8, OutlineNode)>, level: u8| {
        while branch.last().is_some_and(|(l, _)| *l >= level) {
            let Some((_, node)) = branch.pop() else { break };
            match branch.last_mut() {
                Some((_, parent)) => parent.push_child(node),
                None => outline.push_child(node),
            }
        }
    };
    for (level, text, page, y) in bookmarks {
        close(&mut branch, level);
        branch.push((
            level,
            OutlineNode::new(text, XyzDestination::new(page, Point::from_xy(SIDE, (y - 12.0).max(0.0)))).with_open(level == 1),
        ));
    }
    close(&mut branch, 0);
    outline
}
