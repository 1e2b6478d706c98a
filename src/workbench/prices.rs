//! What teachers cost, and who is kin to whom.

use super::{Teachers, WorkbenchError};
use crate::config::PriceTable;
use crate::flow::{Cast, TeacherRole, TokenPrice};
use crate::teacher::{Price, Teacher, family};

/// What the models of a run cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    /// By role, where it is known.
    pub by_role: [Option<TokenPrice>; 3],
    /// In which they are, as in `USD`.
    pub currency: String,
    /// What stands in the way of adding up costs, each one sentence.
    pub notes: Vec<String>,
}

impl Prices {
    /// Asks that what every model costs is known, as a limit on money needs it.
    ///
    /// # Errors
    /// [`WorkbenchError::PriceUnknown`] names the first model without a price.
    pub fn all_known(&self, cast: &Cast) -> Result<(), WorkbenchError> {
        all_known(&self.by_role, cast)
    }
}

pub(super) fn all_known(by_role: &[Option<TokenPrice>; 3], cast: &Cast) -> Result<(), WorkbenchError> {
    for role in TeacherRole::ALL {
        if by_role.get(role as usize).copied().flatten().is_none() {
            let model = cast.playing(role).model().to_owned();
            return Err(WorkbenchError::PriceUnknown { model });
        }
    }
    Ok(())
}

impl Teachers {
    /// The price of a teacher: the one in its settings, else the one in the price table; nothing for what runs on this machine.
    /// `None` where nobody wrote it down.
    pub fn price_of(&self, teacher: &dyn Teacher) -> Option<Price> {
        self.price_by_name(teacher.name(), teacher.model(), teacher.is_remote())
    }

    pub(super) fn price_by_name(&self, name: &str, model: &str, remote: bool) -> Option<Price> {
        let table = self.price_table().as_ref().ok();
        let currency = table.map_or(crate::teacher::USUAL_CURRENCY, |table| &table.currency);
        let own = self.settings.teachers.get(name).and_then(|entry| entry.price.as_ref());
        let own = own.and_then(|price| price.price(currency).ok());
        own.or_else(|| table?.of(model).cloned())
            .or_else(|| (!remote).then(Price::free))
    }

    /// The prices of a run's models. They are added up only in one currency.
    pub fn prices(&self, cast: &Cast) -> Prices {
        let prices = TeacherRole::ALL.map(|role| self.price_of(cast.playing(role).as_ref()));
        let mut currencies: Vec<&str> = prices
            .iter()
            .flatten()
            .filter(|price| !price.is_free())
            .map(|price| price.currency.as_str())
            .collect();
        currencies.sort_unstable();
        currencies.dedup();
        let mut notes = Vec::new();
        if let Err(problem) = self.price_table() {
            notes.push(format!("the price table cannot be read: {problem}"));
        }
        let known = |price: &Price| TokenPrice {
            input: price.input,
            output: price.output,
        };
        let mut by_role = prices.each_ref().map(|price| price.as_ref().map(known));
        if currencies.len() > 1 {
            notes.push(format!(
                "prices are in {}: costs cannot be added up; write them in one currency",
                currencies.join(" and ")
            ));
            by_role = [None; 3];
        }
        Prices {
            by_role,
            currency: currencies.first().copied().unwrap_or_default().to_owned(),
            notes,
        }
    }

    /// The family of a teacher: the one in its settings, else what its model's name tells.
    pub fn family_of(&self, teacher: &dyn Teacher) -> Option<String> {
        let own = self.settings.teachers.get(teacher.name());
        own.and_then(|entry| entry.family.as_deref())
            .map(|family| family.trim().to_lowercase())
            .filter(|family| !family.is_empty())
            .or_else(|| family(teacher.model()).map(str::to_owned))
    }

    /// A word of warning where the critic judges what it wrote itself, or what its kin wrote: models prefer such answers
    /// (methods: self-preference of judges).
    pub fn same_family_warning(&self, cast: &Cast) -> Option<String> {
        let (teacher, critic) = (&cast.teacher, cast.playing(TeacherRole::Critic));
        if teacher.name() == critic.name() || teacher.model() == critic.model() {
            return Some(format!(
                "{} judges what it wrote itself, and models prefer their own answers: name a critic of another family if you can",
                teacher.model()
            ));
        }
        let (own, other) = (self.family_of(teacher.as_ref())?, self.family_of(critic.as_ref())?);
        (own == other).then(|| {
            format!(
                "teacher ({}) and critic ({}) are both of the family {own}, and models prefer the answers of their kin: name a critic of another family if you can",
                teacher.model(),
                critic.model()
            )
        })
    }

    /// Who plays a part when nobody is named: the one under `roles`, else the teacher. `None` when there is no teacher at all.
    pub fn name_for(&self, role: TeacherRole) -> Option<String> {
        let roles = &self.settings.roles;
        let own = match role {
            TeacherRole::Teacher => &None,
            TeacherRole::Critic => &roles.critic,
            TeacherRole::Reviser => &roles.reviser,
        };
        own.clone().or_else(|| self.default_name())
    }

    /// The models of a run: those that are named, else those under `roles`, else the teacher itself.
    ///
    /// # Errors
    /// As [`Teachers::by_name`].
    pub async fn cast(
        &self,
        teacher: Option<&str>,
        critic: Option<&str>,
        reviser: Option<&str>,
    ) -> Result<Cast, WorkbenchError> {
        let roles = &self.settings.roles;
        let teacher = self.by_name(teacher).await?;
        let mut others = Vec::new();
        for name in [critic.or(roles.critic.as_deref()), reviser.or(roles.reviser.as_deref())] {
            others.push(match name.filter(|name| *name != teacher.name()) {
                Some(name) => Some(self.by_name(Some(name)).await?),
                None => None,
            });
        }
        let mut others = others.into_iter();
        Ok(Cast {
            teacher,
            critic: others.next().flatten(),
            reviser: others.next().flatten(),
        })
    }

    fn price_table(&self) -> &Result<PriceTable, String> {
        self.prices
            .get_or_init(|| PriceTable::read(&self.places.prices_file()).map_err(|error| error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layer, Places, load};
    use crate::workbench::Environment;

    const SETTINGS: &str = "
teachers:
  near: { url: 'http://127.0.0.1:9/v1', model: granite-4.0-h-small }
  priced: { url: 'https://a.example/v1', model: gpt-4o, price: { input: 2, output: 8 } }
  listed: { url: 'https://b.example/v1', model: Granite-3.3-8B }
  unknown: { url: 'https://c.example/v1', model: own-7b, family: Granite }
  abroad: { url: 'https://d.example/v1', model: other, price: { input: 1, output: 1, currency: JPY } }
roles: { teacher: near, critic: listed }
";

    fn teachers(prices: &str) -> (Teachers, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::below(folder.path());
        std::fs::create_dir_all(places.config_file.parent().unwrap()).unwrap();
        std::fs::write(&places.config_file, SETTINGS).unwrap();
        std::fs::write(places.prices_file(), prices).unwrap();
        let (settings, _) = load(&[Layer::User(&places.config_file)]).unwrap();
        (Teachers::new(settings, places, Environment::of([])), folder)
    }

    #[tokio::test]
    async fn prices_come_from_settings_then_the_table_and_are_never_guessed() {
        let (teachers, _folder) = teachers("currency: EUR\nmodels: { granite*: { input: 0.1, output: 0.4 } }\n");
        let price = async |name| teachers.price_of(teachers.by_name(Some(name)).await.unwrap().as_ref());
        assert_eq!(price("priced").await.unwrap().currency, "EUR");
        assert_eq!(price("listed").await.unwrap().output, 0.4);
        assert_eq!(
            price("near").await.unwrap().output,
            0.4,
            "a table may name what runs here, too"
        );
        assert_eq!(price("unknown").await, None);

        let cast = teachers.cast(None, None, Some("priced")).await.unwrap();
        assert_eq!(
            (cast.teacher.name(), cast.critic.as_ref().unwrap().name()),
            ("near", "listed")
        );
        let prices = teachers.prices(&cast);
        assert_eq!((prices.currency.as_str(), prices.notes.len()), ("EUR", 0));
        assert_eq!(prices.by_role[2].unwrap().input, 2.0);
        let cast = teachers.cast(None, Some("abroad"), None).await.unwrap();
        let prices = teachers.prices(&cast);
        assert!(
            prices.by_role == [None; 3] && prices.notes[0].contains("EUR and JPY"),
            "{prices:?}"
        );
    }

    #[tokio::test]
    async fn a_broken_table_is_told_and_prices_nothing() {
        let (teachers, _folder) = teachers("models: { granite*: 3 }");
        let near = teachers.by_name(Some("near")).await.unwrap();
        assert!(teachers.price_of(near.as_ref()).unwrap().is_free());
        let prices = teachers.prices(&Cast::of(teachers.by_name(Some("listed")).await.unwrap()));
        assert!(
            prices.by_role[0].is_none() && prices.notes[0].contains("prices.yaml"),
            "{prices:?}"
        );
    }

    #[tokio::test]
    async fn a_critic_of_the_same_family_is_warned_of() {
        let (teachers, _folder) = teachers("");
        let warning = async |teacher, critic| {
            let cast = teachers.cast(Some(teacher), Some(critic), None).await.unwrap();
            teachers.same_family_warning(&cast)
        };
        assert!(
            warning("near", "listed")
                .await
                .unwrap()
                .contains("of the family granite")
        );
        assert!(
            warning("near", "unknown").await.is_some(),
            "the settings name its family"
        );
        assert!(
            warning("near", "near")
                .await
                .unwrap()
                .contains("judges what it wrote itself")
        );
        assert_eq!(warning("near", "priced").await, None);
        assert_eq!(warning("abroad", "priced").await, None);
    }
}
