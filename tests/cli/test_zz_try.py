import pytest, traceback
from small_site import *
def go(site, capsys, *runs):
    import os
    for words in runs:
        r = ccml(*[str(site.config) if w=="C" else w for w in words])
        with capsys.disabled():
            print("\n##", words, r.code); print(r.stdout[-300:]); print(r.stderr[-500:])
def test_before(site, capsys):
    go(site, capsys, ("run","train","C"),("run","segment","C","--set","segments={spine: monthly}"),("run","score","C"),("run","target","C"),("run","report","C"),("show","tables","C"),("show","lists","C"),("explain","C","--customer","C1"),("explain","C","--customer","C1","--predictor","chrn"),)
def test_allbad_allowed(site, capsys):
    site.configure({"sources.calls.max_bad_share":1.0,"data_until":None})
    write_csv(site.raw("calls.csv"), [{**r,"start":"x"} for r in exports()["calls"]])
    go(site, capsys, ("run","prepare","C"),("run","train","C"),("run","report","C"))
def test_badcust(site, capsys):
    site.configure({"sources.customers.max_bad_share":1.0, "sources.customer_phones.max_bad_share":1.0})
    write_csv(site.raw("customers.csv"), [{**r,"since":"x"} for r in exports()["customers"]])
    write_csv(site.raw("phones.csv"), [{**r,"phone":"x"} for r in exports()["phones"]])
    go(site, capsys, ("run","prepare","C"),("run","train","C"),("run","segment","C","--set","segments={spine: monthly}"))
def test_flat_small(site, capsys):
    write_csv(site.raw("survey.csv"), exports()["survey"][:10])
    go(site, capsys, ("run","prepare","C"),("run","train","C","--only","happy"))
    write_csv(site.raw("survey.csv"), [{"answer":r["answer"],"x":i} for i,r in enumerate(exports()["survey"])])
    go(site, capsys, ("run","prepare","C"),("run","train","C","--only","happy","--set","predictors.happy.drop=[x]"))
    go(site, capsys, ("run","train","C","--only","happy","--set","predictors.happy.rule=answer"))
def test_dirs(site, capsys):
    go(site, capsys, ("check",str(site.folder)), ("check",str(site.folder/"nope.yaml")),("run","prepare","C","--cutoff","2020-01-01T00:00:00Z"),("run","train","C","--cutoff","2020-01-01T00:00:00Z"))
