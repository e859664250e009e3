"""Short stories of the company, each of which one planted bug would spoil."""

from __future__ import annotations

from collections.abc import Callable

from tests.sync.machine import company, decisions, mischief, mutants
from tests.sync.machine.network import Fault
from tests.sync.machine.world import World

Story = Callable[[World], None]
NORTHERN, SECOND = "account-0000", "account-0002"
PRODUCT = "product-0001"


def parked_work_is_taken_back(world: World) -> None:
    """Claire changes what she may not, others change it twice meanwhile, and she takes hers back."""
    claire, julie = world.laptop("claire"), world.laptop("julie")
    world.change(claire, "product", PRODUCT, label="Le mien")
    world.push(claire)
    for label in ("Savon doux", "Savon noir"):
        world.change(julie, "product", PRODUCT, label=label)
        world.sync(julie)
        world.pull(claire)
    (parked,) = claire.parked()
    decisions.withdraw(world, claire, parked)


def a_new_record_is_sent_again(world: World) -> None:
    """Claire adds what she may not, and sends it once more; it stays in her file."""
    claire = world.laptop("claire")
    with claire.action() as connection:
        claire.insert(connection, "product", id="product-0777", label="Savon", created_by=claire.user)
    world.sync(claire)
    (parked,) = claire.parked()
    decisions.retry(world, claire, parked)
    world.sync(claire)


def a_form_stays_open_while_others_write(world: World) -> None:
    """Rey writes the field that Claire's open form shows empty; she saves hers after the pull."""
    claire, rey = world.laptop("claire"), world.laptop("rey")
    world.open_form(claire, "account", NORTHERN)
    world.type(rey, "account", NORTHERN, "phone")
    world.sync(rey)
    world.sync(claire)
    world.save_form(claire, "phone")


def an_old_form_is_saved(world: World) -> None:
    """Rey's visit is the last; Claire's form, opened before, is saved with an earlier day: nothing changes."""
    claire, rey = world.laptop("claire"), world.laptop("rey")
    world.count_visit(rey, NORTHERN)
    world.sync(rey)
    world.sync(claire)
    with claire.action({("account", NORTHERN, "last_visit"): None}) as connection:
        claire.update(connection, "account", NORTHERN, last_visit="2020-01-01")


def two_write_one_after_the_other(world: World) -> None:
    """Both push, and a third pulls after each."""
    claire, rey, julie = (world.laptop(name) for name in ("claire", "rey", "julie"))
    for name in ("phone", "name"):
        for writer, account in ((claire, NORTHERN), (rey, SECOND)):
            world.type(writer, "account", account, name)
            world.push(writer)
            world.sync(julie)


def an_account_moves_away(world: World) -> None:
    """The manager gives Claire's account to the south."""
    rey = world.laptop("rey")
    world.move(rey, NORTHERN, company.SOUTH)
    world.sync(rey)


def an_answer_is_lost(world: World) -> None:
    """A visit is counted, and the server's answer never arrives."""
    claire = world.laptop("claire")
    world.count_visit(claire, NORTHERN)
    world.plan_fault(claire, Fault("lose the answer", "push"))
    world.sync(claire)
    world.count_visit(claire, NORTHERN)
    world.sync(claire)


def somebody_claims_to_have_seen_it(world: World) -> None:
    """A program of Claire's writes to an account of the south, as if it had seen it."""
    mischief.trespass(world, "claire", 0)


def a_row_vanishes_from_a_disk(world: World) -> None:
    """Something takes a row out of Julie's file behind the program's back."""
    claire, julie = world.laptop("claire"), world.laptop("julie")
    mischief.lose_a_row(world, julie, 0)
    world.type(claire, "account", NORTHERN, "phone")
    world.sync(claire)
    world.sync(julie)


def a_visit_is_counted(world: World) -> None:
    """One visit, counted once."""
    world.count_visit(world.laptop("claire"), NORTHERN)


def two_write_the_same_field(world: World) -> None:
    """Both are heard: one value stands, the other is kept as a conflict."""
    for name in ("claire", "rey"):
        world.type(world.laptop(name), "account", NORTHERN, "phone")


SPOILT_BY: dict[mutants.Mutant, Story] = {
    mutants.it_drops_a_shadow_update: parked_work_is_taken_back,
    mutants.it_takes_the_rows_value_as_base: a_form_stays_open_while_others_write,
    mutants.it_forgets_the_restamp: an_old_form_is_saved,
    mutants.it_takes_the_revision_first: two_write_one_after_the_other,
    mutants.it_forgets_an_exit: an_account_moves_away,
    mutants.it_applies_a_page_twice: two_write_one_after_the_other,
    mutants.it_loses_the_stored_result: an_answer_is_lost,
    mutants.it_judges_entitlement_by_a_claim: somebody_claims_to_have_seen_it,
    mutants.it_seals_twice: a_visit_is_counted,
    mutants.it_adopts_the_servers_sum: a_row_vanishes_from_a_disk,
    mutants.it_keeps_no_loser: two_write_the_same_field,
}
