//! Which organization has how many of which story. Trouble is not spread evenly: half of the clients have none.

use super::is_deactivated;
use crate::{dice::Dice, story::Story};

const TROUBLE: u64 = 6 << 32;
const DRAWN: u64 = 7 << 32;

/// (Organization, story) of each device with a story of its own, by organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Specials(Vec<(u32, Story)>);

/// How prone to trouble an organization is.
const PRONE: [u64; 20] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 3, 3, 4, 4, 6, 9, 14];

impl Specials {
    /// `starts`: where the devices of each organization begin.
    pub(crate) fn draw(seed: u64, starts: &[u32]) -> Self {
        let sizes: Vec<u64> = starts.windows(2).map(|pair| u64::from(pair[1] - pair[0])).collect();
        let devices: u64 = sizes.iter().sum();
        let mut free: Vec<u64> = sizes.clone();
        let mut left = devices;
        let prone = |place: usize| if is_deactivated(place) { 0 } else { Dice::new(seed, TROUBLE + place as u64).of(&PRONE) };
        let sums = |weight: &dyn Fn(usize) -> u64| -> Vec<u64> {
            let mut sum = 0;
            sizes
                .iter()
                .enumerate()
                .map(|(place, size)| {
                    sum += size * weight(place);
                    sum
                })
                .collect()
        };
        let troubled = sums(&prone);
        let even = sums(&|place| u64::from(!is_deactivated(place)));
        let mut drawn = Vec::new();
        let mut dice = Dice::new(seed, DRAWN);
        for story in Story::SPECIAL {
            let count = (devices * u64::from(story.per_mille()) / 1_000).max(1);
            let sums = if story.band().is_some() { &troubled } else { &even };
            for _ in 0..count {
                if left == 0 {
                    break;
                }
                left -= 1;
                let place = pick(sums, &sizes, &free, &mut dice);
                free[place] = free[place].saturating_sub(1);
                drawn.push((place as u32, *story));
            }
        }
        drawn.sort_unstable();
        Self(drawn)
    }

    pub(crate) fn of(&self, organization: usize) -> impl Iterator<Item = Story> + '_ {
        let first = self.0.partition_point(|(place, _)| (*place as usize) < organization);
        self.0[first..].iter().take_while(move |(place, _)| *place as usize == organization).map(|(_, story)| *story)
    }
}

/// An organization that has not more than a third of its devices taken; in need, any with one free.
fn pick(sums: &[u64], sizes: &[u64], free: &[u64], dice: &mut Dice) -> usize {
    let all = sums.last().copied().unwrap_or(0);
    for _ in 0..40 {
        let drawn = dice.below(all);
        let place = sums.partition_point(|sum| *sum <= drawn);
        if let (Some(size), Some(free)) = (sizes.get(place), free.get(place))
            && *free * 3 > *size * 2
        {
            return place;
        }
    }
    let begin = dice.below(sizes.len() as u64) as usize;
    let from = |place: usize| (begin + place) % free.len();
    (0..free.len())
        .map(from)
        .find(|place| free[*place] > 0 && !is_deactivated(*place))
        .or_else(|| (0..free.len()).map(from).find(|place| free[*place] > 0))
        .unwrap_or(0)
}
