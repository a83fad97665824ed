"""What interrupted runs leave behind is taken up or taken away."""

from tests.forge.fake import FakeForge
from tests.run.bot import Bot, deployment
from tests.samples import ETCD, git

BRANCH = "redigest/schema-2/main"
BESIDE = "redigest/schema-2-unfinished/main"


def test_takes_away_a_branch_that_was_for_the_forge_to_commit_on(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {"k8s/web.yaml": deployment(ETCD)})
    git(repo.path, "branch", BESIDE, "main")
    bot.config = {"forges": [forge.config()], "repositories": [{"forge": "corp", "name": "acme/deploy"}], "commit": {"through-api": True}}
    assert bot.run().outcomes == ["opened"]
    assert set(repo.branches()) == {"main", BRANCH}
    forge.merge(repo, repo.proposals()[0].number)
    git(repo.path, "branch", BESIDE, "main")
    assert bot.run("--dry-run").outcomes == ["nothing-to-do"]
    assert BESIDE in repo.branches()
    assert bot.run().outcomes == ["nothing-to-do"]
    assert BESIDE not in repo.branches()
